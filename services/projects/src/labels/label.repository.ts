import type { ProjectId, TaskLabelId } from '@hivesync/contracts';
import { newId, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import { keysetCondition, keysetOrder, Parameters, type SortKey } from '../keyset.ts';
import type { Label, NewLabel } from './label.schemas.ts';

const columns = 'label.id, label.project_id, label.name, label.color, label.created_at';
const byName: SortKey = { sql: 'label.name', type: 'text' };

/** Adds a label; null where the project has one of that name. */
export async function insertLabel(
  tx: Transaction,
  projectId: ProjectId,
  label: NewLabel,
): Promise<Label | null> {
  const [made] = await query<Label>(
    tx,
    `insert into task_labels as label (id, project_id, name, color)
     values ($1, $2, $3, $4)
     on conflict (project_id, name) do nothing
     returning ${columns}`,
    [newId<TaskLabelId>(), projectId, label.name, label.color.toLowerCase()],
  );
  return made ?? null;
}

export async function listLabels(
  tx: Transaction,
  projectId: ProjectId,
  page: PageRequest,
): Promise<Paged<Label>[]> {
  const parameters = new Parameters();
  return query<Paged<Label>>(
    tx,
    `select ${columns},
            label.name as sort_key
       from task_labels as label
      where label.project_id = ${parameters.bind(projectId)}
        and ${keysetCondition(byName, 'label.id', 'asc', page.after, parameters)}
      order by ${keysetOrder(byName, 'label.id', 'asc')}
      limit ${parameters.bind(page.limit + 1)}`,
    parameters.values,
  );
}

export async function countLabels(tx: Transaction, projectId: ProjectId): Promise<number> {
  const [row] = await query<{ total: number }>(
    tx,
    `select count(*)::integer as total
       from task_labels
      where project_id = $1`,
    [projectId],
  );
  return row?.total ?? 0;
}

/** Deletes a label and gives its name; null where the project has no such label. */
export async function deleteLabel(
  tx: Transaction,
  projectId: ProjectId,
  id: TaskLabelId,
): Promise<string | null> {
  const [label] = await query<{ name: string }>(
    tx,
    `delete from task_labels
      where project_id = $1
        and id = $2
      returning name`,
    [projectId, id],
  );
  return label?.name ?? null;
}
