import { IdSchema, type UserId } from '@hivesync/contracts';
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
 * Text that is stored as given. `min` and `max` count code points, as JSON Schema and the checks of our tables do;
 * the pattern holds to that, because TypeBox counts what a reader sees as one character. Half surrogate pairs and
 * NUL are refused by the app before any schema is asked.
 */
export function Text(max: number, min = 0): TString {
  return Type.String({ minLength: min, maxLength: max, pattern: `^[\\s\\S]{${min},${max}}$` });
}

export const Name = Text(200, 1);
export const Description = Text(50_000);

/** `#rrggbb` */
export const Color = Type.String({ pattern: '^#[0-9a-fA-F]{6}$', description: '`#rrggbb`' });

/** A calendar day. The year 0000, which RFC 3339 knows, is not one of PostgreSQL's. */
export const Day = Type.String({ format: 'date', pattern: '^(?!0000)' });

export const Timestamp = Type.Unsafe<Date>({ type: 'string', format: 'date-time' });

export function Nullable<T extends TSchema>(schema: T): TUnion<[T, TNull]> {
  return Type.Union([schema, Type.Null()]);
}

/** An object that refuses fields it does not know. */
export function Closed<T extends TProperties>(properties: T): TObject<T> {
  return Type.Object(properties, { additionalProperties: false });
}

/** A person as lists show them. The name is null while identity has not told it, and once the account is gone. */
export const Person = Closed({
  id: IdSchema<UserId>(),
  display_name: Nullable(Type.String()),
  avatar_url: Nullable(Type.String()),
});
