import { Closed, IdSchema, Nullable, StringEnum, Text, type UserId } from '@hivesync/contracts';
import { Type } from 'typebox';

export const Description = Text(50_000);

/** `#rrggbb` */
export const Color = Type.String({ maxLength: 7, pattern: '^#[0-9a-fA-F]{6}$', description: '`#rrggbb`' });

/** A calendar day. The year 0000, which RFC 3339 knows, is not one of PostgreSQL's. */
export const DayOf = (description: string) =>
  Type.String({ format: 'date', pattern: '^(?!0000)', description });
export const Day = DayOf('A calendar day, `2026-11-30`');

/** A person as lists show them. The name is null while identity has not told it, and once the account is gone. */
export const Person = Closed(
  {
    id: IdSchema<UserId>(),
    display_name: Nullable(Type.String()),
    avatar_url: Nullable(Type.String()),
  },
  { $id: 'Person' },
);

/** Of a list, for where the caller does not say. */
export const Order = (usual: 'asc' | 'desc') =>
  StringEnum(['asc', 'desc'], { default: usual, description: 'Smallest or oldest first, or last' });
