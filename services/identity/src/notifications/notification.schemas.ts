import {
  Closed,
  FreeNames,
  IdSchema,
  type NotificationId,
  NotificationType,
  Timestamp,
} from '@hivesync/contracts';
import { type Static, Type } from 'typebox';
import type { NotificationRecord } from './notification.repository.ts';

export const NotificationInList = Closed(
  {
    id: IdSchema<NotificationId>(),
    type: NotificationType,
    payload_json: FreeNames(Type.Unknown(), { description: 'Ids and titles, by type' }),
    is_read: Type.Boolean(),
    created_at: Timestamp,
  },
  { $id: 'Notification' },
);
export type NotificationInList = Static<typeof NotificationInList>;

export const NotificationListQuery = Closed({
  unread: Type.Optional(Type.Boolean({ description: 'Only those that are not read' })),
});

export const UnreadCount = Closed({ unread: Type.Integer() }, { $id: 'UnreadCount' });

export const MarkReadBody = Type.Union(
  [
    Closed({
      ids: Type.Array(IdSchema<NotificationId>(), { minItems: 1, maxItems: 200 }),
    }),
    Closed({ all: Type.Literal(true) }),
  ],
  { examples: [{ all: true }] },
);

export const MarkedRead = Closed(
  {
    marked: Type.Integer({ description: 'How many were unread until now' }),
  },
  { $id: 'MarkedRead' },
);

export function toNotification(record: NotificationRecord): NotificationInList {
  return {
    id: record.id,
    type: record.type,
    payload_json: record.payload,
    is_read: record.isRead,
    created_at: record.createdAt,
  };
}
