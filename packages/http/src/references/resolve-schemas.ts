import { FreeNames, type Id, IdSchema } from '@hivesync/contracts';
import { type Static, type TSchema, Type } from 'typebox';

/** Ids in one call of an owner's `/internal/<nouns>/resolve`. */
export const maxResolvedIds = 1_000;

/** The body of `POST /internal/<nouns>/resolve`. */
export const ResolveBody = Type.Object(
  { ids: Type.Array(IdSchema<Id<string>>(), { minItems: 1, maxItems: maxResolvedIds }) },
  { additionalProperties: false },
);
export type ResolveBody = Static<typeof ResolveBody>;

/** The query of `GET /internal/<nouns>`, which lists everything that resolves, in the order of the ids. */
export const ListReferencesQuery = Type.Object(
  {
    after: Type.Optional(IdSchema<Id<string>>({ description: 'The last id of the page before' })),
    limit: Type.Integer({
      default: maxResolvedIds,
      minimum: 1,
      maximum: maxResolvedIds,
      description: 'Items at most',
    }),
  },
  { additionalProperties: false },
);
export type ListReferencesQuery = Static<typeof ListReferencesQuery>;

/** The answer of both: those that exist, in any order. `data` is what the aggregate's events carry. */
export function ResolveReply<Data extends TSchema>(data: Data) {
  return Type.Object(
    {
      items: Type.Array(
        Type.Object(
          { id: IdSchema<Id<string>>(), version: Type.Integer({ minimum: 0 }), data },
          { additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false },
  );
}

/** The answer as a caller reads it: fields that are not known here yet are no error. */
export const AnyResolveReply = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String({ format: 'uuid' }),
      version: Type.Integer({ minimum: 0 }),
      data: FreeNames(Type.Unknown()),
    }),
  ),
});

export interface ResolvedReference {
  id: string;
  version: number;
  data: Readonly<Record<string, unknown>>;
}
