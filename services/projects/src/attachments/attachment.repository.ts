import type { TaskAttachmentId, TaskId, UserId } from '@hivesync/contracts';
import { newId, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import { keysetCondition, keysetOrder, Parameters, type SortKey } from '../keyset.ts';
import type { Attachment } from './attachment.schemas.ts';

/** A file or a link, with what is known of it. */
export interface AttachmentContent {
  name: string;
  object_key: string | null;
  external_url: string | null;
  size_bytes: number | null;
  content_type: string | null;
}

const columns = `
  attachment.id,
  attachment.task_id,
  case when attachment.r2_key is null then 'link' else 'file' end as kind,
  attachment.name,
  attachment.external_url,
  attachment.size_bytes::float8 as size_bytes,
  attachment.content_type,
  attachment.uploaded_by,
  attachment.uploaded_at`;
const uploaded: SortKey = { sql: 'attachment.uploaded_at', type: 'timestamptz' };

export async function insertAttachment(
  tx: Transaction,
  taskId: TaskId,
  uploadedBy: UserId,
  { name, object_key, external_url, size_bytes, content_type }: AttachmentContent,
): Promise<Attachment> {
  const [made] = await query<Attachment>(
    tx,
    `insert into task_attachments as attachment (
       id, task_id, name, r2_key, external_url, size_bytes, content_type, uploaded_by
     )
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     returning ${columns}`,
    [newId<TaskAttachmentId>(), taskId, name, object_key, external_url, size_bytes, content_type, uploadedBy],
  );
  return made!;
}

export async function listAttachments(
  tx: Transaction,
  taskId: TaskId,
  page: PageRequest,
): Promise<Paged<Attachment>[]> {
  const parameters = new Parameters();
  return query<Paged<Attachment>>(
    tx,
    `select ${columns},
            ${uploaded.sql}::text as sort_key
       from task_attachments as attachment
      where attachment.task_id = ${parameters.bind(taskId)}
        and ${keysetCondition(uploaded, 'attachment.id', 'asc', page.after, parameters)}
      order by ${keysetOrder(uploaded, 'attachment.id', 'asc')}
      limit ${parameters.bind(page.limit + 1)}`,
    parameters.values,
  );
}

export async function countAttachments(tx: Transaction, taskId: TaskId): Promise<number> {
  const [row] = await query<{ total: number }>(
    tx,
    `select count(*)::integer as total
       from task_attachments
      where task_id = $1`,
    [taskId],
  );
  return row?.total ?? 0;
}

/** Where an attachment of the task is to be found; null where there is none such. */
export async function findContent(
  tx: Transaction,
  taskId: TaskId,
  id: TaskAttachmentId,
): Promise<Pick<AttachmentContent, 'name' | 'object_key' | 'external_url'> | null> {
  const [row] = await query<Pick<AttachmentContent, 'name' | 'object_key' | 'external_url'>>(
    tx,
    `select name,
            r2_key as object_key,
            external_url
       from task_attachments
      where task_id = $1
        and id = $2`,
    [taskId, id],
  );
  return row ?? null;
}

/** Deletes an attachment of the task; false where there is none such. */
export async function deleteAttachment(
  tx: Transaction,
  taskId: TaskId,
  id: TaskAttachmentId,
): Promise<boolean> {
  const rows = await query<{ id: TaskAttachmentId }>(
    tx,
    `delete from task_attachments
      where task_id = $1
        and id = $2
      returning id`,
    [taskId, id],
  );
  return rows.length === 1;
}
