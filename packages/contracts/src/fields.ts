import {
  type Static,
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
export function Text(
  max: number,
  options: { min?: number; description?: string; 'x-name'?: true } = {},
): TString {
  const { min = 0, ...rest } = options;
  return Type.String({ minLength: min, maxLength: max, pattern: `^[\\s\\S]{${min},${max}}$`, ...rest });
}

/**
 * A name or title: one line that people know something by. It is checked, and comes to its route, in {@link nameForm},
 * so that two who type the same mean the same, and one that nobody can see is refused.
 */
export function Name(max: number, options: { description?: string } = {}): TString {
  return Text(max, { min: 1, 'x-name': true, ...options });
}

const unseen = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}]*$/u;

/** A name as it is stored: composed (NFC), without white space around it; empty where none of it can be seen. */
export function nameForm(name: string): string {
  return unseen.test(name) ? '' : name.normalize('NFC').trim();
}

/** RFC 3339, UTC. A row's `Date` as it is: the serializer writes it. */
export const Timestamp: TUnsafe<Date> = Type.Unsafe<Date>({ type: 'string', format: 'date-time' });

export function Nullable<T extends TSchema>(
  schema: T,
  options: { description?: string } = {},
): TUnion<[T, TNull]> {
  return Type.Union([schema, Type.Null()], options);
}

/** An object that refuses fields it does not know. `$id` names it in OpenAPI. `examples` of a body work as they are. */
export function Closed<T extends TProperties>(
  properties: T,
  options: { $id?: string; description?: string; minProperties?: number; examples?: object[] } = {},
): TObject<T> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';

/**
 * An email address that every mail server can carry (RFC 5321, sections 4.1.2 and 4.5.3.1): a dot-string of at most 64
 * octets and a domain, 254 octets in all. Not what the same section advises against and mailers read differently: quoted
 * local parts and address literals; nor letters beyond ASCII, which need SMTPUTF8 at every hop. The one schema for it,
 * wherever a request names an address.
 */
export const EmailAddress: TString = Type.String({
  format: 'email',
  maxLength: 254,
  pattern: `^(?=.{1,254}$)(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@${label}(?:\\.${label})*$`,
  description: 'In ASCII and without quotes; compared without regard to case',
});

/**
 * The one form in which addresses are looked up, told apart and counted: A to Z in lower case, and nothing else changed,
 * whatever the locale. `lower(<column> collate "C")` is the same in SQL.
 */
export function foldEmail(address: string): string {
  return address.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

/**
 * An absolute https URL of at most 2,000 characters without user name or password: such a URL is shown to others, and what stands
 * before an `@` is read as the host by people.
 */
export const HttpsUrl: TString = Type.String({
  format: 'uri',
  maxLength: 2000,
  pattern: '^https://[^\\s/?#@\\\\]+(?:[/?#]\\S*)?$',
  description: 'https, at most 2000 characters, without a user name or password in it',
});

/**
 * An object whose names are free: any text without NUL and halves of surrogate pairs, the empty one too. Not
 * `Type.Record`, whose pattern of names passes over those with a line break.
 * @param options.maxBytes of its JSON as PostgreSQL writes it; a request's body needs such a bound
 */
export function FreeNames<T extends TSchema>(
  value: T,
  { maxBytes, ...options }: { description?: string; maxBytes?: number } = {},
): TUnsafe<Record<string, Static<T>>> {
  return Type.Unsafe<Record<string, Static<T>>>({
    type: 'object',
    additionalProperties: value,
    ...(maxBytes !== undefined && { 'x-max-bytes': maxBytes }),
    ...options,
  });
}
