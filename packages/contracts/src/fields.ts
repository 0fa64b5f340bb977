import {
  type TNull,
  type TObject,
  type TProperties,
  type TSchema,
  type TString,
  type TUnion,
  type TUnsafe,
  Type,
} from 'typebox';

/**
 * Text that is stored as given. `min` (0 when absent) and `max` count code points, as JSON Schema and the
 * `char_length` checks of the tables do: TypeBox's own limits count what a reader sees as one character, which may be
 * many code points, so the pattern holds to the former. Halves of surrogate pairs and NUL are refused by the app
 * before any schema is asked.
 */
export function Text(max: number, options: { min?: number; description?: string } = {}): TString {
  const { min = 0, ...rest } = options;
  return Type.String({ minLength: min, maxLength: max, pattern: `^[\\s\\S]{${min},${max}}$`, ...rest });
}

/** RFC 3339, UTC. A row's `Date` as it is: the serializer writes it. */
export const Timestamp: TUnsafe<Date> = Type.Unsafe<Date>({ type: 'string', format: 'date-time' });

export function Nullable<T extends TSchema>(
  schema: T,
  options: { description?: string } = {},
): TUnion<[T, TNull]> {
  return Type.Union([schema, Type.Null()], options);
}

/** An object that refuses fields it does not know. `$id` names it in OpenAPI. */
export function Closed<T extends TProperties>(
  properties: T,
  options: { $id?: string; description?: string; minProperties?: number } = {},
): TObject<T> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}
