import { ApiError, type ProjectId, type TaskId, taskDeleted, type UserId } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { publish, publishMany } from '@hivesync/events';
import type { Precondition } from '@hivesync/http';
import type { Actor } from '../actor.ts';
import { requireMember } from '../members/access.ts';
import { holdMembers } from '../members/membership.repository.ts';
import { changedFields, changeEvents, creationEvents } from './task.events.ts';
import {
  deleteTask,
  findProjectOfTask,
  findTask,
  insertTask,
  lockTasks,
  type TaskState,
  takeTaskNumber,
  touchTask,
  updateTasks,
} from './task.repository.ts';
import type { NewTask, Task, TaskChanges } from './task.schemas.ts';

/** @throws ApiError NOT_FOUND for those who are not members of its project. */
export async function getTask(tx: Transaction, actor: Actor, id: TaskId): Promise<Task> {
  const task = await findTask(tx, id, actor.id);
  if (!task) throw new ApiError('NOT_FOUND');
  return task;
}

/** @throws ApiError NOT_FOUND, NOT_A_MEMBER (of the assignee). */
export async function createTask(
  tx: Transaction,
  actor: Actor,
  projectId: ProjectId,
  body: NewTask,
): Promise<Task> {
  // The number comes first as it locks the project: who may do this is asked of the state behind that lock.
  const number = await takeTaskNumber(tx, projectId);
  if (number === null) throw new ApiError('NOT_FOUND');
  await requireMember(tx, projectId, actor.id);
  await requireAssignable(tx, projectId, body.assignee_id);
  const task = await insertTask(tx, projectId, number, actor.id, body);
  await publishMany(tx, creationEvents(task, actor));
  return getTask(tx, actor, task.id);
}

/**
 * Changes a task that still has this version. Setting what is set already changes nothing, the version included.
 * @throws ApiError NOT_FOUND, PRECONDITION_FAILED with the present entity tag, NOT_A_MEMBER (of the assignee).
 */
export async function changeTask(
  tx: Transaction,
  actor: Actor,
  id: TaskId,
  ifMatch: Precondition,
  changes: TaskChanges,
): Promise<Task> {
  const projectId = await requireProjectOfTask(tx, id, actor.id);
  await requireAssignable(tx, projectId, changes.assignee_id);
  const before = await lockTask(tx, projectId, id);
  ifMatch.require(before.version);
  const changed = changedFields(before, changes);
  if (changed.length > 0) {
    const [after] = await updateTasks(tx, [{ task: before, changes }]);
    await publishMany(tx, changeEvents(before, after!, changed, actor));
  }
  return getTask(tx, actor, id);
}

/** Deletes a task with everything on it. @throws ApiError NOT_FOUND, PRECONDITION_FAILED. */
export async function removeTask(
  tx: Transaction,
  actor: Actor,
  id: TaskId,
  ifMatch: Precondition,
): Promise<void> {
  const projectId = await requireProjectOfTask(tx, id, actor.id);
  const task = await lockTask(tx, projectId, id);
  ifMatch.require(task.version);
  await deleteTask(tx, id);
  await publish(tx, taskDeleted, {
    subject: id,
    version: task.version + 1,
    data: { project_id: projectId },
    origin: actor.origin,
  });
}

/** The task's project. @throws ApiError NOT_FOUND for those who are not members of it. */
export async function requireProjectOfTask(tx: Transaction, id: TaskId, userId: UserId): Promise<ProjectId> {
  const projectId = await findProjectOfTask(tx, id, userId);
  if (!projectId) throw new ApiError('NOT_FOUND');
  return projectId;
}

/** Locks a task until the transaction ends. @throws ApiError NOT_FOUND where it is gone or of another project. */
export async function lockTask(tx: Transaction, projectId: ProjectId, id: TaskId): Promise<TaskState> {
  const [task] = await lockTasks(tx, projectId, [id]);
  if (!task) throw new ApiError('NOT_FOUND');
  return task;
}

/** Tells of a change in what hangs on a locked task, which gets a new version by it. */
export async function recordChange(
  tx: Transaction,
  actor: Actor,
  task: TaskState,
  changed: 'labels' | 'depends_on' | 'attachments',
): Promise<void> {
  const after = await touchTask(tx, task.id);
  await publishMany(tx, changeEvents(task, after, [changed], actor));
}

async function requireAssignable(
  tx: Transaction,
  projectId: ProjectId,
  assigneeId: UserId | null | undefined,
): Promise<void> {
  if (!assigneeId) return;
  const members = await holdMembers(tx, projectId, [assigneeId]);
  if (!members.has(assigneeId)) {
    throw new ApiError('NOT_A_MEMBER', {
      errors: [{ path: 'body/assignee_id', message: 'is not a member of the project' }],
    });
  }
}
