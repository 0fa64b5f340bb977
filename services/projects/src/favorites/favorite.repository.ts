import type { ProjectId, UserId } from '@hivesync/contracts';
import { query, type Transaction } from '@hivesync/database';

/** Marks a project; false where it was marked before. */
export async function insertFavorite(
  tx: Transaction,
  userId: UserId,
  projectId: ProjectId,
): Promise<boolean> {
  const rows = await query<{ user_id: UserId }>(
    tx,
    `insert into project_favorites (user_id, project_id)
     values ($1, $2)
     on conflict (user_id, project_id) do nothing
     returning user_id`,
    [userId, projectId],
  );
  return rows.length === 1;
}

/** Takes the mark away; false where there was none. */
export async function deleteFavorite(
  tx: Transaction,
  userId: UserId,
  projectId: ProjectId,
): Promise<boolean> {
  const rows = await query<{ user_id: UserId }>(
    tx,
    `delete from project_favorites
      where user_id = $1
        and project_id = $2
      returning user_id`,
    [userId, projectId],
  );
  return rows.length === 1;
}
