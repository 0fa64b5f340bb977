import type { ProjectId, TaskId, TaskLabelId } from '@hivesync/contracts';
import { query, type Transaction } from '@hivesync/database';

/** True where the project has the label; it then cannot be deleted before the transaction ends. */
export async function holdLabel(
  tx: Transaction,
  projectId: ProjectId,
  labelId: TaskLabelId,
): Promise<boolean> {
  const rows = await query<{ id: TaskLabelId }>(
    tx,
    `select id
       from task_labels
      where project_id = $1
        and id = $2
        for key share`,
    [projectId, labelId],
  );
  return rows.length === 1;
}

/** Puts a label on a task; false where it was on it before. */
export async function insertLabelLink(
  tx: Transaction,
  projectId: ProjectId,
  taskId: TaskId,
  labelId: TaskLabelId,
): Promise<boolean> {
  const rows = await query<{ label_id: TaskLabelId }>(
    tx,
    `insert into task_label_links (task_id, label_id, project_id)
     values ($1, $2, $3)
     on conflict (task_id, label_id) do nothing
     returning label_id`,
    [taskId, labelId, projectId],
  );
  return rows.length === 1;
}

/** Takes a label off a task; false where it was not on it. */
export async function deleteLabelLink(
  tx: Transaction,
  taskId: TaskId,
  labelId: TaskLabelId,
): Promise<boolean> {
  const rows = await query<{ label_id: TaskLabelId }>(
    tx,
    `delete from task_label_links
      where task_id = $1
        and label_id = $2
      returning label_id`,
    [taskId, labelId],
  );
  return rows.length === 1;
}
