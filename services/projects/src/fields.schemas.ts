import { Closed, IdSchema, Nullable, Text, type UserId } from '@hivesync/contracts';
import { Type } from 'typebox';

export const Description = Text(50_000);

/** `#rrggbb` */
export const Color = Type.String({ maxLength: 7, pattern: '^#[0-9a-fA-F]{6}$', description: '`#rrggbb`' });

/** A calendar day. The year 0000, which RFC 3339 knows, is not one of PostgreSQL's. */
export const Day = Type.String({ format: 'date', pattern: '^(?!0000)' });

/** A person as lists show them. The name is null while identity has not told it, and once the account is gone. */
export const Person = Closed({
  id: IdSchema<UserId>(),
  display_name: Nullable(Type.String()),
  avatar_url: Nullable(Type.String()),
});
