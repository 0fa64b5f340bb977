import { type AuditLogId, IdSchema, type UserId } from '@hivesync/contracts';
import { Page, PageQuery } from '@hivesync/http';
import { type Static, type TSchema, Type } from 'typebox';

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Time = Type.String({ format: 'date-time' });
const Name = Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000]*$' });

export const AuditLogSchema = Type.Object(
  {
    id: IdSchema<AuditLogId>(),
    user_id: orNull(IdSchema<UserId>()),
    user_name: Type.Union([Type.String(), Type.Null()], {
      description: 'Display name of the user now; null when unknown or deleted',
    }),
    event_type: Type.String(),
    entity_type: Type.String(),
    entity_id: Type.String(),
    data_json: Type.Unknown({ description: 'What the event said; never a secret, never a body of text' }),
    ip_address: orNull(Type.String()),
    source_service: Type.String(),
    request_id: orNull(Type.String()),
    created_at: Time,
  },
  { $id: 'AuditLog', additionalProperties: false },
);
export type AuditLogBody = Static<typeof AuditLogSchema>;

export const AuditLogPage = Page(AuditLogSchema);

export const AuditLogQuery = Type.Object(
  {
    ...PageQuery.properties,
    user_id: Type.Optional(IdSchema<UserId>({ description: 'Who did it' })),
    event_type: Type.Optional(Name),
    entity_type: Type.Optional(Name),
    entity_id: Type.Optional(Name),
    from: Type.Optional(Type.String({ format: 'date-time', description: 'At or after' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Before' })),
    ip: Type.Optional(
      Type.Unsafe<string>({ type: 'string', anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] }),
    ),
  },
  { additionalProperties: false },
);
