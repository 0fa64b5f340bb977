import {
  Closed,
  FreeNames,
  HttpsUrl,
  IdSchema,
  Name,
  Nullable,
  StringEnum,
  type TaskAttachmentId,
  type TaskId,
  Timestamp,
  type UserId,
} from '@hivesync/contracts';
import { type Static, Type } from 'typebox';

export const AttachmentParams = Closed({
  task_id: IdSchema<TaskId>(),
  attachment_id: IdSchema<TaskAttachmentId>(),
});

export const NewAttachment = Closed(
  {
    object_key: Type.Optional(
      Type.String({ maxLength: 1024, description: 'Of an upload that the caller was granted for this task' }),
    ),
    external_url: Type.Optional(HttpsUrl),
    name: Type.Optional(Name(200)),
  },
  {
    description: 'Exactly one of `object_key` and `external_url`',
    examples: [{ external_url: 'https://example.com/flicker.mp4', name: 'What it looks like' }],
  },
);
export type NewAttachment = Static<typeof NewAttachment>;

export const Attachment = Closed(
  {
    id: IdSchema<TaskAttachmentId>(),
    task_id: IdSchema<TaskId>(),
    kind: StringEnum(['file', 'link']),
    name: Type.String(),
    external_url: Nullable(Type.String(), { description: 'Of a link' }),
    size_bytes: Nullable(Type.Integer(), { description: 'Of a file' }),
    content_type: Nullable(Type.String(), { description: 'Of a file, as whoever uploaded it says' }),
    uploaded_by: IdSchema<UserId>(),
    uploaded_at: Timestamp,
  },
  { $id: 'Attachment' },
);
export type Attachment = Static<typeof Attachment>;

export const NewUpload = Closed(
  {
    name: Name(200),
    size_bytes: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    content_type: Type.Optional(
      Type.String({ maxLength: 127, pattern: '^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*$' }),
    ),
  },
  { examples: [{ name: 'flicker.png', size_bytes: 20_480, content_type: 'image/png' }] },
);
export type NewUpload = Static<typeof NewUpload>;

export const GrantedUpload = Closed(
  {
    object_key: Type.String({ description: 'To attach the file by, when it is uploaded' }),
    upload_url: Type.String({
      format: 'uri',
      description: 'For one PUT of just `size_bytes` bytes; needs no token',
    }),
    expires_at: Timestamp,
    headers: FreeNames(Type.String(), { description: 'To be sent with the PUT' }),
  },
  { $id: 'GrantedUpload' },
);
export type GrantedUpload = Static<typeof GrantedUpload>;

export const Download = Closed(
  {
    url: Type.String({ format: 'uri', description: 'Needs no token' }),
    expires_at: Nullable(Timestamp, { description: 'null for a link, which is not ours' }),
  },
  { $id: 'Download' },
);
export type Download = Static<typeof Download>;
