import { type ProjectId, type TaskId, type TaskStatus, taskUpdated } from '@hivesync/contracts';
import { query, type SweepBatch } from '@hivesync/database';
import { publishMany } from '@hivesync/events';

interface ClearedTask {
  id: TaskId;
  version: number;
  project_id: ProjectId;
  number: number;
  title: string;
  status: TaskStatus;
}

/**
 * What the deletion of a person does to `team_members.user_id`. Their tasks are cleared first, in batches: the key
 * from tasks to members would otherwise clear all of them at once when the membership goes.
 */
export const sweepMemberships: SweepBatch = async (tx, userId, limit): Promise<Record<string, number>> => {
  const cleared = await query<ClearedTask>(
    tx,
    `update tasks
        set assignee_id = null,
            version = version + 1
      where id = any(array(select id from tasks where assignee_id = $1 limit $2))
        and assignee_id = $1
     returning id, version, project_id, number, title, status`,
    [userId, limit],
  );
  // Each new version of a task is told, whoever made it.
  await publishMany(
    tx,
    cleared.map(({ id: subject, version, ...task }) => ({
      definition: taskUpdated,
      subject,
      version,
      data: { ...task, assignee_id: null, changed: ['assignee_id'] },
    })),
  );
  if (cleared.length > 0) return { 'tasks.assignee_id': cleared.length };
  const [left] = await query<{ rows: number }>(
    tx,
    `with gone as (
       delete from team_members
        where id = any(array(select id from team_members where user_id = $1 limit $2))
       returning 1
     )
     select count(*)::integer as rows from gone`,
    [userId, limit],
  );
  return { 'team_members.user_id': left?.rows ?? 0 };
};
