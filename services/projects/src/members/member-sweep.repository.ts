import { query, type SweepBatch } from '@hivesync/database';

/**
 * What the deletion of a person does to `team_members.user_id`. Their tasks are cleared first, in batches: the key
 * from tasks to members would otherwise clear all of them at once when the membership goes.
 */
export const sweepMemberships: SweepBatch = async (tx, userId, limit): Promise<Record<string, number>> => {
  const [cleared] = await query<{ rows: number }>(
    tx,
    `with cleared as (
       update tasks
          set assignee_id = null,
              version = version + 1
        where id = any(array(select id from tasks where assignee_id = $1 limit $2))
          and assignee_id = $1
       returning 1
     )
     select count(*)::integer as rows from cleared`,
    [userId, limit],
  );
  if (cleared && cleared.rows > 0) return { 'tasks.assignee_id': cleared.rows };
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
