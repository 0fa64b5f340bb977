import type { ProjectId, TaskId, UserId } from '@hivesync/contracts';
import { query, type Transaction } from '@hivesync/database';

/** Hides the project from everybody; its version after that, or null where it was hidden before. */
export async function hideProject(tx: Transaction, id: ProjectId): Promise<number | null> {
  const [hidden] = await query<{ version: number }>(
    tx,
    `update projects
        set deleted_at = now(),
            version = version + 1
      where id = $1
        and deleted_at is null
     returning version`,
    [id],
  );
  return hidden?.version ?? null;
}

/** What belongs to a project, children before what they point at, so that no row sets off a cascade. */
const beforeTasks = [
  ['comments', 'project_id = $1 and parent_id is not null'],
  ['comments', 'project_id = $1'],
  ['task_dependencies', 'project_id = $1'],
  ['task_label_links', 'project_id = $1'],
] as const;
const afterTasks = [
  ['task_labels', 'project_id = $1'],
  ['project_tags', 'project_id = $1'],
  ['project_favorites', 'project_id = $1'],
  ['team_invitations', 'project_id = $1'],
  ['webhook_deliveries', 'endpoint_id in (select id from webhook_endpoints where project_id = $1)'],
  ['webhook_endpoints', 'project_id = $1'],
  ['team_members', 'project_id = $1'],
] as const;

/** Removes at most `limit` rows of the first table that has any; how many of which, or nothing when none is left. */
export async function removeBelongings(
  tx: Transaction,
  id: ProjectId,
  limit: number,
): Promise<Record<string, number>> {
  for (const [table, condition] of beforeTasks) {
    const rows = await removeRows(tx, table, condition, id, limit);
    if (rows > 0) return { [table]: rows };
  }
  const tasks = await removeTasks(tx, id, limit);
  if (Object.keys(tasks).length > 0) return tasks;
  for (const [table, condition] of afterTasks) {
    const rows = await removeRows(tx, table, condition, id, limit);
    if (rows > 0) return { [table]: rows };
  }
  return {};
}

/** A row that somebody changes at this moment is passed over, and found by the next batch. */
async function removeRows(
  tx: Transaction,
  table: string,
  condition: string,
  parameter: unknown,
  limit: number,
): Promise<number> {
  const [gone] = await query<{ count: number }>(
    tx,
    `with gone as (
       delete from ${table}
        where ctid = any(array(select ctid from ${table} where ${condition} limit $2))
       returning 1
     )
     select count(*)::integer as count from gone`,
    [parameter, limit],
  );
  return gone?.count ?? 0;
}

/** Attachments and uploads know their task and not their project, so they go task by task. */
async function removeTasks(tx: Transaction, id: ProjectId, limit: number): Promise<Record<string, number>> {
  const tasks = await query<{ id: TaskId }>(tx, 'select id from tasks where project_id = $1 limit $2', [
    id,
    limit,
  ]);
  if (tasks.length === 0) return {};
  const ids = tasks.map((task) => task.id);
  for (const table of ['task_attachments', 'object_uploads']) {
    const rows = await removeRows(tx, table, 'task_id = any($1::uuid[])', ids, limit);
    if (rows > 0) return { [table]: rows };
  }
  const gone = await removeRows(tx, 'tasks', 'id = any($1::uuid[])', ids, limit);
  return gone > 0 ? { tasks: gone } : {};
}

/** Waits for writers who saw the project before it was hidden, and refuses later ones; false where it is gone. */
export async function lockForRemoval(tx: Transaction, id: ProjectId): Promise<boolean> {
  const rows = await query<{ id: ProjectId }>(tx, 'select id from projects where id = $1 for update', [id]);
  return rows.length === 1;
}

/** The project's own row, which goes last. */
export async function removeProject(tx: Transaction, id: ProjectId): Promise<void> {
  await query(tx, 'delete from projects where id = $1', [id]);
}

/** Any project that the person owns, hidden ones that are not yet gone included. */
export async function findOwnedProject(tx: Transaction, ownerId: UserId): Promise<ProjectId | null> {
  const [project] = await query<{ id: ProjectId }>(
    tx,
    `select id
       from projects
      where owner_id = $1
      order by id
      limit 1`,
    [ownerId],
  );
  return project?.id ?? null;
}
