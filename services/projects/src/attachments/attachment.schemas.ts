import {
  Closed,
  IdSchema,
  Nullable,
  type TaskAttachmentId,
  type TaskId,
  Text,
  Timestamp,
  type UserId,
} from '@hivesync/contracts';
import { type Static, Type } from 'typebox';

export const AttachmentParams = Closed({
  task_id: IdSchema<TaskId>(),
  attachment_id: IdSchema<TaskAttachmentId>(),
});

export const NewAttachment = Closed({
  external_url: Type.String({
    format: 'uri',
    maxLength: 2048,
    pattern: '^https://[^/?#@]+([/?#].*)?$',
    description: 'https, without a user name or password in it',
  }),
  name: Type.Optional(Text(200)),
});
export type NewAttachment = Static<typeof NewAttachment>;

export const Attachment = Closed({
  id: IdSchema<TaskAttachmentId>(),
  task_id: IdSchema<TaskId>(),
  name: Type.String(),
  external_url: Nullable(Type.String()),
  uploaded_by: IdSchema<UserId>(),
  uploaded_at: Timestamp,
});
export type Attachment = Static<typeof Attachment>;
