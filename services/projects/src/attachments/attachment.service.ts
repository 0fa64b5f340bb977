import { ApiError, type TaskAttachmentId, type TaskId } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import type { Actor } from '../actor.ts';
import { lockTask, recordChange, requireProjectOfTask } from '../tasks/task.service.ts';
import { deleteAttachment, insertAttachment } from './attachment.repository.ts';
import type { Attachment, NewAttachment } from './attachment.schemas.ts';

/** @throws ApiError NOT_FOUND of the task. */
export async function addAttachment(
  tx: Transaction,
  actor: Actor,
  taskId: TaskId,
  body: NewAttachment,
): Promise<Attachment> {
  const projectId = await requireProjectOfTask(tx, taskId, actor.id);
  const task = await lockTask(tx, projectId, taskId);
  const attachment = await insertAttachment(tx, taskId, actor.id, body);
  await recordChange(tx, actor, task, 'attachments');
  return attachment;
}

/** @throws ApiError NOT_FOUND of either. */
export async function removeAttachment(
  tx: Transaction,
  actor: Actor,
  taskId: TaskId,
  id: TaskAttachmentId,
): Promise<void> {
  const projectId = await requireProjectOfTask(tx, taskId, actor.id);
  const task = await lockTask(tx, projectId, taskId);
  if (!(await deleteAttachment(tx, taskId, id))) throw new ApiError('NOT_FOUND');
  await recordChange(tx, actor, task, 'attachments');
}
