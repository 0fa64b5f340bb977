import {
  ApiError,
  defaultTierLimits,
  type TaskAttachmentId,
  type TaskId,
  type Tier,
} from '@hivesync/contracts';
import { newId, type Transaction } from '@hivesync/database';
import { limitReached, unknownReference } from '@hivesync/http';
import { isObjectKey, type ObjectKey, type ObjectStore, objectKey } from '@hivesync/objects';
import type { Actor } from '../actor.ts';
import {
  deleteUpload,
  insertUpload,
  lockReceived,
  waitingUploads,
} from '../objects/object-upload.repository.ts';
import { lockTask, recordChange, requireProjectOfTask } from '../tasks/task.service.ts';
import {
  type AttachmentContent,
  countAttachments,
  deleteAttachment,
  insertAttachment,
} from './attachment.repository.ts';
import type { Attachment, NewAttachment, NewUpload } from './attachment.schemas.ts';

/**
 * Lets the person upload one file for the task; those that wait count as attached. @returns the key that it will have
 * @throws ApiError NOT_FOUND of the task, LIMIT_REACHED by its size or by the number of attachments.
 */
export async function grantUpload(
  tx: Transaction,
  actor: Actor,
  tier: Tier,
  taskId: TaskId,
  body: NewUpload,
): Promise<ObjectKey> {
  const projectId = await requireProjectOfTask(tx, taskId, actor.id);
  const maxBytes = defaultTierLimits.attachment_max_bytes[tier];
  if (body.size_bytes > maxBytes) {
    throw limitReached('attachment_max_bytes', tier, { remaining: maxBytes });
  }
  await lockTask(tx, projectId, taskId);
  await requireRoom(tx, tier, taskId, await waitingUploads(tx, taskId));
  const key = objectKey(`attachments/${newId()}`);
  await insertUpload(tx, {
    key,
    task_id: taskId,
    requested_by: actor.id,
    name: body.name,
    size_bytes: body.size_bytes,
    content_type: body.content_type ?? null,
  });
  return key;
}

/**
 * Refuses a body that cannot be attached, before any transaction is open: whose upload it is, is asked in that.
 * @throws ApiError VALIDATION_FAILED, UNKNOWN_REFERENCE where nothing is stored under the key.
 */
export async function requireAttachable(store: ObjectStore, body: NewAttachment): Promise<void> {
  const { object_key, external_url } = body;
  if ((object_key === undefined) === (external_url === undefined)) {
    throw new ApiError('VALIDATION_FAILED', {
      errors: [{ path: 'body', message: 'must have exactly one of object_key and external_url' }],
    });
  }
  if (object_key === undefined) return;
  if (!isObjectKey(object_key) || (await store.sizeOf(object_key)) === null) {
    throw unknownReference(['body/object_key']);
  }
}

/** @throws ApiError NOT_FOUND of the task, UNKNOWN_REFERENCE of the upload, LIMIT_REACHED. */
export async function addAttachment(
  tx: Transaction,
  actor: Actor,
  tier: Tier,
  taskId: TaskId,
  body: NewAttachment,
): Promise<Attachment> {
  const projectId = await requireProjectOfTask(tx, taskId, actor.id);
  const task = await lockTask(tx, projectId, taskId);
  await requireRoom(tx, tier, taskId);
  const attachment = await insertAttachment(tx, taskId, actor.id, await contentOf(tx, actor, taskId, body));
  // After it, so that the object is seen to be named when its upload goes.
  if (body.object_key !== undefined) await deleteUpload(tx, body.object_key);
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

async function requireRoom(
  tx: Transaction,
  tier: Tier,
  taskId: TaskId,
  waiting: { count: number; seconds: number | null } = { count: 0, seconds: null },
): Promise<void> {
  const limit = defaultTierLimits.attachments_per_task[tier];
  const attached = await countAttachments(tx, taskId);
  if (attached + waiting.count < limit) return;
  // Waiting helps where an upload that nobody attaches will end.
  const retryAfterSeconds = attached < limit ? waiting.seconds : null;
  throw limitReached('attachments_per_task', tier, { retryAfterSeconds });
}

async function contentOf(
  tx: Transaction,
  actor: Actor,
  taskId: TaskId,
  { name, object_key, external_url }: NewAttachment,
): Promise<AttachmentContent> {
  if (object_key === undefined) {
    return {
      name: name ?? '',
      object_key: null,
      external_url: external_url ?? null,
      size_bytes: null,
      content_type: null,
    };
  }
  const upload = await lockReceived(tx, object_key, taskId, actor.id);
  if (!upload) throw unknownReference(['body/object_key']);
  return { ...upload, name: name ?? upload.name, object_key, external_url: null };
}
