import {
  type Static,
  type TArray,
  type TInteger,
  type TObject,
  type TOptional,
  type TSchema,
  type TUnsafe,
  Type,
} from 'typebox';
import { type CursorKey, type CursorScope, encodeCursor } from './cursor.ts';

export const defaultPageLimit = 50;
export const maxPageLimit = 200;

/** Query parameters of every list. Spread its `properties` beside a list's own filters. */
export const PageQuery = Type.Object(
  {
    limit: Type.Integer({
      default: defaultPageLimit,
      minimum: 1,
      maximum: maxPageLimit,
      description: 'Items at most',
    }),
    cursor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 2_000,
        description: '`next_cursor` of the page before, with the same filters',
      }),
    ),
    include_total: Type.Boolean({ default: false, description: 'Count all items into `total`' }),
  },
  { additionalProperties: false },
);
export type PageQuery = Static<typeof PageQuery>;

export type PageSchema<Item extends TSchema> = TObject<{
  items: TArray<Item>;
  next_cursor: TUnsafe<string | null>;
  total: TOptional<TInteger>;
}>;

/** The schema of one page of a list. In OpenAPI it is named after its items: a `Task` makes a `TaskPage`. */
export function Page<Item extends TSchema>(item: Item): PageSchema<Item> {
  return Type.Object(
    {
      items: Type.Array(item),
      next_cursor: Type.Unsafe<string | null>({
        type: ['string', 'null'],
        description: 'Null on the last page',
      }),
      total: Type.Optional(Type.Integer({ minimum: 0, description: 'With `include_total=true`' })),
    },
    { additionalProperties: false, ...('$id' in item && { $id: `${item.$id}Page` }) },
  );
}

export interface PageOf<Item> {
  items: Item[];
  next_cursor: string | null;
}

/**
 * Cuts the rows of a list to one page. Fetch `limit + 1` rows: the one too many tells that there is a next page.
 * `key` is the row's place in the order that the rows were fetched in.
 */
export function pageFrom<Row>(
  rows: readonly Row[],
  limit: number,
  key: (row: Row) => CursorKey,
  scope: CursorScope,
): PageOf<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, next_cursor: more ? encodeCursor(key(last), scope) : null };
}
