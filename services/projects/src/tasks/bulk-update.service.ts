import { ApiError, type ErrorCode, type FieldError, type ProjectId, type TaskId } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { publishMany } from '@hivesync/events';
import type { Actor } from '../actor.ts';
import { requireMember } from '../members/access.ts';
import { holdMembers } from '../members/membership.repository.ts';
import { changedFields, changeEvents } from './task.events.ts';
import { lockTasks, type TaskState, updateTasks } from './task.repository.ts';
import type { BulkResult, BulkUpdate } from './task.schemas.ts';

type Update = BulkUpdate['updates'][number];
interface Planned {
  task: TaskState;
  changes: Update['changes'];
  changed: string[];
}

/**
 * Changes up to 200 tasks of one project in one transaction. Each is judged by itself: one that cannot be
 * changed says why in its result and does not hold the others back.
 * @throws ApiError NOT_FOUND (of the project), VALIDATION_FAILED where a task is named twice.
 */
export async function bulkUpdate(
  tx: Transaction,
  actor: Actor,
  projectId: ProjectId,
  { updates }: BulkUpdate,
): Promise<BulkResult> {
  await requireMember(tx, projectId, actor.id);
  refuseRepeats(updates);
  const assignees = updates.flatMap(({ changes }) => changes.assignee_id ?? []);
  const members = await holdMembers(tx, projectId, [...new Set(assignees)]);
  const locked = await lockTasks(
    tx,
    projectId,
    updates.map(({ id }) => id),
  );
  const tasks = new Map(locked.map((task) => [task.id, task]));

  const refused = new Map<TaskId, ErrorCode>();
  const planned: Planned[] = [];
  for (const update of updates) {
    const task = tasks.get(update.id);
    const code = refusal(task, update, members);
    if (code) refused.set(update.id, code);
    else if (task)
      planned.push({ task, changes: update.changes, changed: changedFields(task, update.changes) });
  }

  const effective = planned.filter(({ changed }) => changed.length > 0);
  const written = effective.length > 0 ? await updateTasks(tx, effective) : [];
  const after = new Map(written.map((task) => [task.id, task]));
  await publishMany(
    tx,
    effective.flatMap(({ task, changed }) => changeEvents(task, after.get(task.id)!, changed, actor)),
  );
  return {
    results: updates.map(({ id }) => ({
      id,
      updated: !refused.has(id),
      version: (after.get(id) ?? tasks.get(id))?.version ?? null,
      code: refused.get(id) ?? null,
    })),
  };
}

function refusal(
  task: TaskState | undefined,
  { version, changes }: Update,
  members: ReadonlySet<string>,
): ErrorCode | null {
  if (!task) return 'NOT_FOUND';
  if (version !== undefined && version !== task.version) return 'PRECONDITION_FAILED';
  if (changes.assignee_id && !members.has(changes.assignee_id)) return 'NOT_A_MEMBER';
  return null;
}

function refuseRepeats(updates: readonly Update[]): void {
  const seen = new Set<string>();
  const errors = updates.flatMap(({ id }, index): FieldError[] => {
    if (seen.has(id))
      return [{ path: `body/updates/${index}/id`, message: 'names a task for the second time' }];
    seen.add(id);
    return [];
  });
  if (errors.length > 0) throw new ApiError('VALIDATION_FAILED', { errors });
}
