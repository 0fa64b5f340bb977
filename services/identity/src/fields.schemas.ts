import {
  type TNull,
  type TObject,
  type TProperties,
  type TSchema,
  type TString,
  type TUnion,
  Type,
} from 'typebox';

/**
 * Text that is stored as given. `min` and `max` count code points, as the checks of the tables do; TypeBox's own
 * `maxLength` counts what a reader sees as one character, of which each may be many. No NUL, no half of a pair.
 */
export function Text(max: number, options: { min?: number; description?: string } = {}): TString {
  const { min = 0, ...rest } = options;
  const pattern = `^[^\\u0000\\ud800-\\udfff]{${min},${max}}$`;
  return Type.String({ minLength: min, maxLength: max, pattern, ...rest });
}

/** RFC 3339, UTC. */
export const Timestamp = Type.Unsafe<Date>({ type: 'string', format: 'date-time' });

export const Email = Type.String({
  format: 'email',
  maxLength: 254,
  description: 'Unique without regard to case',
});

/** A password as it is offered at login: whatever it is, up to the bound that keeps hashing cheap. */
export const OfferedPassword = Type.String({ minLength: 1, maxLength: 256 });

export const AvatarUrl = Type.String({
  format: 'uri',
  pattern: '^https://[^\\s\\u0000]{1,1992}$',
  description: 'https, at most 2000 characters',
});

export function Nullable<T extends TSchema>(schema: T): TUnion<[T, TNull]> {
  return Type.Union([schema, Type.Null()]);
}

/** An object that refuses fields it does not know. */
export function Closed<T extends TProperties>(properties: T): TObject<T> {
  return Type.Object(properties, { additionalProperties: false });
}
