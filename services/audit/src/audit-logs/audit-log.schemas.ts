import {
  type AuditLogId,
  Closed,
  IdSchema,
  Nullable,
  Text,
  Timestamp,
  type UserId,
} from '@hivesync/contracts';
import { PageQuery } from '@hivesync/http';
import { type Static, Type } from 'typebox';

const Filtering = (description: string) => Text(200, { min: 1, description });

export const AuditLog = Closed(
  {
    id: IdSchema<AuditLogId>(),
    user_id: Nullable(IdSchema<UserId>()),
    user_name: Nullable(Type.String(), {
      description: 'Display name of the user now; null when unknown or deleted',
    }),
    event_type: Type.String(),
    entity_type: Type.String(),
    entity_id: Type.String(),
    data_json: Type.Unknown({ description: 'What the event said; never a secret, never a body of text' }),
    ip_address: Nullable(Type.String()),
    source_service: Type.String(),
    request_id: Nullable(Type.String()),
    created_at: Timestamp,
  },
  { $id: 'AuditLog' },
);
export type AuditLog = Static<typeof AuditLog>;

const Filter = {
  user_id: Type.Optional(IdSchema<UserId>({ description: 'Who did it' })),
  event_type: Type.Optional(Filtering('Name of the event, as `task.created`')),
  entity_type: Type.Optional(Filtering('Kind of the thing that it happened to')),
  entity_id: Type.Optional(Filtering('Id of the thing that it happened to')),
  from: Type.Optional(Type.String({ format: 'date-time', description: 'At or after' })),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'Before' })),
  ip: Type.Optional(
    Type.Unsafe<string>({
      type: 'string',
      anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }],
      description: 'Address that it was done from',
    }),
  ),
};

export const AuditLogQuery = Closed({ ...PageQuery.properties, ...Filter });
/** `from` is inclusive, `to` exclusive. */
export type AuditLogFilter = Pick<Static<typeof AuditLogQuery>, keyof typeof Filter>;
