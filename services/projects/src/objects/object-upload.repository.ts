import type { TaskId, UserId } from '@hivesync/contracts';
import { type DataSource, query, type Transaction } from '@hivesync/database';
import type { ObjectKey } from '@hivesync/objects';

export interface NewUpload {
  key: ObjectKey;
  task_id: TaskId;
  requested_by: UserId;
  name: string;
  size_bytes: number;
  content_type: string | null;
}

/** What may be attached: all of it was received. */
export interface ReceivedUpload {
  name: string;
  size_bytes: number;
  content_type: string | null;
}

/** Seconds: the 15 minutes for which the URL is good, and as long for an upload that began in the last of them. */
const uploadSeconds = 1_800;
/** Seconds from the end of the upload. */
const attachSeconds = 900;

export async function insertUpload(tx: Transaction, upload: NewUpload): Promise<void> {
  await query(
    tx,
    `insert into object_uploads (object_key, task_id, requested_by, name, size_bytes, content_type, expires_at)
     values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))`,
    [
      upload.key,
      upload.task_id,
      upload.requested_by,
      upload.name,
      upload.size_bytes,
      upload.content_type,
      uploadSeconds,
    ],
  );
}

/** How many files wait for being uploaded or attached to the task, and seconds until the first of them ends. */
export async function waitingUploads(
  tx: Transaction,
  taskId: TaskId,
): Promise<{ count: number; seconds: number | null }> {
  const [row] = await query<{ count: number; seconds: number | null }>(
    tx,
    `select count(*)::integer as count,
            ceil(extract(epoch from min(expires_at) - now()))::integer as seconds
       from object_uploads
      where task_id = $1
        and expires_at > now()`,
    [taskId],
  );
  return row ?? { count: 0, seconds: null };
}

/** Whether it was received; null where nothing may be uploaded under the key (any more). */
export async function uploadState(
  source: DataSource | Transaction,
  key: ObjectKey,
): Promise<{ received: boolean } | null> {
  const [row] = await query<{ received: boolean }>(
    source,
    `select received_at is not null as received
       from object_uploads
      where object_key = $1
        and expires_at > now()`,
    [key],
  );
  return row ?? null;
}

/**
 * From now on it waits for being attached. Its row is locked until the transaction ends, so a deletion waits.
 * @returns false where there is none that waits for its file
 */
export async function markReceived(tx: Transaction, key: ObjectKey): Promise<boolean> {
  const rows = await query(
    tx,
    `update object_uploads
        set received_at = now(),
            expires_at = now() + make_interval(secs => $2)
      where object_key = $1
        and received_at is null
        and expires_at > now()
     returning 1`,
    [key, attachSeconds],
  );
  return rows.length === 1;
}

/** Locks what the person has uploaded for the task; null where there is no such upload, or not all of it. */
export async function lockReceived(
  tx: Transaction,
  key: string,
  taskId: TaskId,
  userId: UserId,
): Promise<ReceivedUpload | null> {
  const [row] = await query<ReceivedUpload>(
    tx,
    `select name,
            size_bytes::float8 as size_bytes,
            content_type
       from object_uploads
      where object_key = $1
        and task_id = $2
        and requested_by = $3
        and received_at is not null
        and expires_at > now()
        for update`,
    [key, taskId, userId],
  );
  return row ?? null;
}

/** Its object goes too, unless an attachment names it by then. */
export async function deleteUpload(tx: Transaction, key: string): Promise<void> {
  await query(tx, 'delete from object_uploads where object_key = $1', [key]);
}

/** Ends what nobody has attached in time, and passes over what somebody is just attaching. @returns how many */
export async function deleteExpiredUploads(dataSource: DataSource, limit: number): Promise<number> {
  const rows = await query<{ object_key: string }>(
    dataSource,
    `delete from object_uploads
      where object_key = any(array(
        select object_key
          from object_uploads
         where expires_at <= now()
         order by expires_at
         limit $1
           for update skip locked
      ))
     returning object_key`,
    [limit],
  );
  return rows.length;
}
