import {
  ApiError,
  labelCreated,
  labelDeleted,
  type ProjectId,
  type TaskId,
  type TaskLabelId,
} from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { publish } from '@hivesync/events';
import type { Actor } from '../actor.ts';
import { requireMember } from '../members/access.ts';
import { lockTask, recordChange, requireProjectOfTask } from '../tasks/task.service.ts';
import { deleteLabel, insertLabel } from './label.repository.ts';
import type { Label, NewLabel } from './label.schemas.ts';
import { deleteLabelLink, holdLabel, insertLabelLink } from './task-label-link.repository.ts';

/** Any member may add a label. @throws ApiError NOT_FOUND, NAME_TAKEN. */
export async function createLabel(
  tx: Transaction,
  actor: Actor,
  projectId: ProjectId,
  body: NewLabel,
): Promise<Label> {
  await requireMember(tx, projectId, actor.id);
  const label = await insertLabel(tx, projectId, body);
  if (!label) throw new ApiError('NAME_TAKEN');
  await publish(tx, labelCreated, {
    subject: label.id,
    version: 1,
    data: { project_id: projectId, name: label.name },
    origin: actor.origin,
  });
  return label;
}

/** @throws ApiError NOT_FOUND. */
export async function removeLabel(
  tx: Transaction,
  actor: Actor,
  projectId: ProjectId,
  id: TaskLabelId,
): Promise<void> {
  await requireMember(tx, projectId, actor.id);
  const name = await deleteLabel(tx, projectId, id);
  if (name === null) throw new ApiError('NOT_FOUND');
  await publish(tx, labelDeleted, {
    subject: id,
    version: 2,
    data: { project_id: projectId, name },
    origin: actor.origin,
  });
}

/** Puts a label on a task; once more changes nothing. @throws ApiError NOT_FOUND of either, in one project. */
export async function putLabelOn(
  tx: Transaction,
  actor: Actor,
  taskId: TaskId,
  id: TaskLabelId,
): Promise<void> {
  const projectId = await requireProjectOfTask(tx, taskId, actor.id);
  // The task first: a lock on the label would give the transaction its id, by which its event is ordered.
  const task = await lockTask(tx, projectId, taskId);
  if (!(await holdLabel(tx, projectId, id))) throw new ApiError('NOT_FOUND');
  if (await insertLabelLink(tx, projectId, taskId, id)) await recordChange(tx, actor, task, 'labels');
}

/** Takes a label off a task; once more changes nothing. @throws ApiError NOT_FOUND of the task. */
export async function takeLabelOff(
  tx: Transaction,
  actor: Actor,
  taskId: TaskId,
  id: TaskLabelId,
): Promise<void> {
  const projectId = await requireProjectOfTask(tx, taskId, actor.id);
  const task = await lockTask(tx, projectId, taskId);
  if (await deleteLabelLink(tx, taskId, id)) await recordChange(tx, actor, task, 'labels');
}
