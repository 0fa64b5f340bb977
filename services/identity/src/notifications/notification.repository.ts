import type { EventId, NotificationId, NotificationType, UserId } from '@hivesync/contracts';
import { type DataSource, newId, query, type Transaction } from '@hivesync/database';
import type { PageRequest } from '@hivesync/http';

export interface NotificationRecord {
  id: NotificationId;
  type: NotificationType;
  payload: Record<string, unknown>;
  isRead: boolean;
  createdAt: Date;
}

export interface NewNotifications {
  recipients: UserId[];
  type: NotificationType;
  payload: Record<string, unknown>;
  sourceEventId: EventId | null;
}

/**
 * One row for each recipient who has an account and has not heard of this event yet; answers how many.
 * `for key share` keeps an account from being deleted between our look and our write.
 */
export async function insertNotifications(tx: Transaction, added: NewNotifications): Promise<number> {
  const rows = await query<{ id: NotificationId }>(
    tx,
    `insert into notifications (id, user_id, type, payload_json, source_event_id)
     select recipient.notification_id, users.id, $3::notification_type, $4::jsonb, $5::uuid
     from unnest($1::uuid[], $2::uuid[]) as recipient (notification_id, user_id)
     join users on users.id = recipient.user_id
     order by users.id
     for key share of users
     on conflict (user_id, source_event_id) do nothing
     returning id`,
    [
      added.recipients.map(() => newId<NotificationId>()),
      added.recipients,
      added.type,
      JSON.stringify(added.payload),
      added.sourceEventId,
    ],
  );
  return rows.length;
}

/** Newest first; one row more than `limit`, to show if more follow. */
export async function listNotifications(
  source: DataSource,
  userId: UserId,
  unreadOnly: boolean,
  { after, limit }: PageRequest,
): Promise<NotificationRecord[]> {
  return query<NotificationRecord>(
    source,
    `select id, type, payload_json as payload, is_read as "isRead", created_at as "createdAt"
     from notifications
     where user_id = $1
       and (not $2::boolean or not is_read)
       and ($3::uuid is null or id < $3::uuid)
     order by id desc
     limit $4`,
    [userId, unreadOnly, after?.id ?? null, limit + 1],
  );
}

export async function countNotifications(
  source: DataSource,
  userId: UserId,
  unreadOnly: boolean,
): Promise<number> {
  const rows = await query<{ total: number }>(
    source,
    `select count(*)::integer as total
     from notifications
     where user_id = $1
       and (not $2::boolean or not is_read)`,
    [userId, unreadOnly],
  );
  return rows[0]?.total ?? 0;
}

/** Marks a person's own unread notifications as read: those named, or all; answers how many it marked. */
export async function markRead(
  source: DataSource,
  userId: UserId,
  ids: NotificationId[] | 'all',
): Promise<number> {
  const rows = await query<{ id: NotificationId }>(
    source,
    `update notifications
     set is_read = true
     where user_id = $1
       and not is_read
       and ($2::uuid[] is null or id = any($2::uuid[]))
     returning id`,
    [userId, ids === 'all' ? null : ids],
  );
  return rows.length;
}
