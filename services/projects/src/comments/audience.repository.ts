import type { CommentId, ProjectId, UserId } from '@hivesync/contracts';
import { query, type Transaction } from '@hivesync/database';

/**
 * Members who are concerned by a comment without being named in it: the task's assignee and creator, and the
 * author of the thread's first comment.
 */
export async function findInterested(
  tx: Transaction,
  projectId: ProjectId,
  about: { taskId: string | null; parentId: CommentId | null },
): Promise<UserId[]> {
  const rows = await query<{ user_id: UserId }>(
    tx,
    `select member.user_id
       from team_members as member
      where member.project_id = $1
        and member.user_id in (
              select unnest(array[task.assignee_id, task.created_by])
              from tasks as task
              where task.id = $2
              union all
              select parent.author_id
              from comments as parent
              where parent.id = $3
            )
      order by member.user_id`,
    [projectId, about.taskId, about.parentId],
  );
  return rows.map(({ user_id }) => user_id);
}
