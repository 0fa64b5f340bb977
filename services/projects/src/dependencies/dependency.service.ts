import { ApiError, type TaskId } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import type { Actor } from '../actor.ts';
import { lockAsMember } from '../members/access.ts';
import { lockTasks } from '../tasks/task.repository.ts';
import { lockTask, recordChange, requireProjectOfTask } from '../tasks/task.service.ts';
import { deleteDependency, insertDependency, waitsFor } from './dependency.repository.ts';

/**
 * Makes a task wait for another of its project; once more changes nothing.
 * @throws ApiError NOT_FOUND of the task, UNKNOWN_REFERENCE where the other is not in its project,
 * DEPENDENCY_CYCLE where the other waits for it already, or is the task itself.
 */
export async function addDependency(
  tx: Transaction,
  actor: Actor,
  taskId: TaskId,
  dependsOn: TaskId,
): Promise<void> {
  const projectId = await requireProjectOfTask(tx, taskId, actor.id);
  await lockAsMember(tx, projectId, actor.id);
  const tasks = await lockTasks(tx, projectId, [taskId, dependsOn]);
  const task = tasks.find(({ id }) => id === taskId);
  if (!task) throw new ApiError('NOT_FOUND');
  if (!tasks.some(({ id }) => id === dependsOn)) {
    throw new ApiError('UNKNOWN_REFERENCE', {
      errors: [{ path: 'path/depends_on_task_id', message: 'is not a task of the same project' }],
    });
  }
  if (await waitsFor(tx, dependsOn, taskId)) throw new ApiError('DEPENDENCY_CYCLE');
  if (await insertDependency(tx, projectId, taskId, dependsOn)) {
    await recordChange(tx, actor, task, 'depends_on');
  }
}

/** Ends a dependency; once more changes nothing. @throws ApiError NOT_FOUND of the task. */
export async function removeDependency(
  tx: Transaction,
  actor: Actor,
  taskId: TaskId,
  dependsOn: TaskId,
): Promise<void> {
  const projectId = await requireProjectOfTask(tx, taskId, actor.id);
  const task = await lockTask(tx, projectId, taskId);
  if (await deleteDependency(tx, taskId, dependsOn)) await recordChange(tx, actor, task, 'depends_on');
}
