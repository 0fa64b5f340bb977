import type { ProjectId, TaskLabelId, TaskStatus, UserId } from '@hivesync/contracts';
import { query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import { containing, keysetCondition, keysetOrder, type Order, Parameters, type SortKey } from '../keyset.ts';
import { taskSummaryColumns } from './task.repository.ts';
import type { TaskSort, TaskSummary } from './task.schemas.ts';

export interface TaskFilter {
  status?: readonly TaskStatus[] | undefined;
  /** Null: nobody's. */
  assignee?: UserId | null | undefined;
  label?: TaskLabelId | undefined;
  /** First and last day, both included. */
  dueFrom?: string | undefined;
  dueTo?: string | undefined;
  /** Part of the title, without regard to case. */
  text?: string | undefined;
}

const sortKeys: Record<TaskSort, SortKey> = {
  created: { sql: 'task.created_at', type: 'timestamptz' },
  updated: { sql: 'task.updated_at', type: 'timestamptz' },
  due: { sql: 'task.due_date', type: 'date', nullable: true },
  number: { sql: 'task.number', type: 'integer' },
};

/** A page of a project's tasks, with what a list shows of each: one statement, no call. */
export async function listTasks(
  tx: Transaction,
  projectId: ProjectId,
  filter: TaskFilter,
  sort: TaskSort,
  order: Order,
  page: PageRequest,
): Promise<Paged<TaskSummary>[]> {
  const key = sortKeys[sort];
  const parameters = new Parameters();
  const conditions = [
    ...matching(projectId, filter, parameters),
    keysetCondition(key, 'task.id', order, page.after, parameters),
  ];
  return query<Paged<TaskSummary>>(
    tx,
    `select ${taskSummaryColumns},
            ${key.sql}::text as sort_key
       from tasks as task
       left join user_refs as assignee on assignee.id = task.assignee_id
      where ${conditions.join('\n        and ')}
      order by ${keysetOrder(key, 'task.id', order)}
      limit ${parameters.bind(page.limit + 1)}`,
    parameters.values,
  );
}

export async function countTasks(tx: Transaction, projectId: ProjectId, filter: TaskFilter): Promise<number> {
  const parameters = new Parameters();
  const [row] = await query<{ total: number }>(
    tx,
    `select count(*)::integer as total
       from tasks as task
      where ${matching(projectId, filter, parameters).join('\n        and ')}`,
    parameters.values,
  );
  return row?.total ?? 0;
}

function matching(projectId: ProjectId, filter: TaskFilter, parameters: Parameters): string[] {
  const conditions = [`task.project_id = ${parameters.bind(projectId)}`];
  if (filter.status?.length)
    conditions.push(`task.status = any(${parameters.bind(filter.status)}::task_status[])`);
  if (filter.assignee === null) conditions.push('task.assignee_id is null');
  if (filter.assignee) conditions.push(`task.assignee_id = ${parameters.bind(filter.assignee)}`);
  if (filter.dueFrom) conditions.push(`task.due_date >= ${parameters.bind(filter.dueFrom)}::date`);
  if (filter.dueTo) conditions.push(`task.due_date <= ${parameters.bind(filter.dueTo)}::date`);
  if (filter.text) conditions.push(`task.title_folded like ${parameters.bind(containing(filter.text))}`);
  if (filter.label) {
    conditions.push(`exists (
          select
          from task_label_links as link
          where link.task_id = task.id
            and link.label_id = ${parameters.bind(filter.label)}
        )`);
  }
  return conditions;
}
