import type { TaskAttachmentId, TaskId, UserId } from '@hivesync/contracts';
import { newId, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import { keysetCondition, keysetOrder, Parameters, type SortKey } from '../keyset.ts';
import type { Attachment, NewAttachment } from './attachment.schemas.ts';

const columns = `
  attachment.id,
  attachment.task_id,
  attachment.name,
  attachment.external_url,
  attachment.uploaded_by,
  attachment.uploaded_at`;
const uploaded: SortKey = { sql: 'attachment.uploaded_at', type: 'timestamptz' };

export async function insertAttachment(
  tx: Transaction,
  taskId: TaskId,
  uploadedBy: UserId,
  attachment: NewAttachment,
): Promise<Attachment> {
  const [made] = await query<Attachment>(
    tx,
    `insert into task_attachments as attachment (id, task_id, name, external_url, uploaded_by)
     values ($1, $2, $3, $4, $5)
     returning ${columns}`,
    [newId<TaskAttachmentId>(), taskId, attachment.name ?? '', attachment.external_url, uploadedBy],
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
