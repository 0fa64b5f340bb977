import type { ProjectId, TaskId } from '@hivesync/contracts';
import { query, type Transaction } from '@hivesync/database';

/**
 * Whether `from` waits for `target`, over any number of edges. True only holds while the project is locked: two
 * opposite edges that are added at once would each see a graph without the other.
 */
export async function waitsFor(tx: Transaction, from: TaskId, target: TaskId): Promise<boolean> {
  const [row] = await query<{ found: boolean }>(
    tx,
    `with recursive awaited (id) as (
       select $1::uuid
       union
       select edge.depends_on_task_id
       from awaited
       join task_dependencies as edge on edge.task_id = awaited.id
     )
     select exists (
       select
       from awaited
       where id = $2
     ) as found`,
    [from, target],
  );
  return row?.found ?? false;
}

/** Adds an edge; false where it is there already. */
export async function insertDependency(
  tx: Transaction,
  projectId: ProjectId,
  taskId: TaskId,
  dependsOn: TaskId,
): Promise<boolean> {
  const rows = await query<{ task_id: TaskId }>(
    tx,
    `insert into task_dependencies (task_id, depends_on_task_id, project_id)
     values ($1, $2, $3)
     on conflict (task_id, depends_on_task_id) do nothing
     returning task_id`,
    [taskId, dependsOn, projectId],
  );
  return rows.length === 1;
}

/** Deletes an edge; false where there is none. */
export async function deleteDependency(tx: Transaction, taskId: TaskId, dependsOn: TaskId): Promise<boolean> {
  const rows = await query<{ task_id: TaskId }>(
    tx,
    `delete from task_dependencies
      where task_id = $1
        and depends_on_task_id = $2
      returning task_id`,
    [taskId, dependsOn],
  );
  return rows.length === 1;
}
