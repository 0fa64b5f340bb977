import type { ProjectId, TaskId, TaskStatus, UserId } from '@hivesync/contracts';
import { newId, query, type Transaction } from '@hivesync/database';
import { fold } from '../folding.ts';
import { visibleMemberships } from '../members/membership.repository.ts';
import { personSql } from '../references/user-ref.repository.ts';
import type { NewTask, Task, TaskChanges } from './task.schemas.ts';

/** What a task's event tells, and what decides whether a change is one. */
export interface TaskState {
  id: TaskId;
  project_id: ProjectId;
  number: number;
  title: string;
  description: string;
  status: TaskStatus;
  assignee_id: UserId | null;
  due_date: string | null;
  created_by: UserId;
  version: number;
}

const stateColumns = `
  task.id,
  task.project_id,
  task.number,
  task.title,
  task.description,
  task.status,
  task.assignee_id,
  task.due_date::text as due_date,
  task.created_by,
  task.version`;

/** Columns of a `TaskSummary`, from `tasks as task` and `user_refs as assignee` joined to it. */
export const taskSummaryColumns = `
  task.id,
  task.project_id,
  task.number,
  task.title,
  task.status,
  case when assignee.id is not null then ${personSql('assignee')} end as assignee,
  task.due_date::text as due_date,
  coalesce((
    select json_agg(json_build_object('id', label.id, 'name', label.name, 'color', label.color) order by label.name)
    from task_label_links as link
    join task_labels as label on label.id = link.label_id
    where link.task_id = task.id
  ), '[]'::json) as labels,
  task.created_by,
  task.version,
  task.created_at,
  task.updated_at`;

/** Whole task, for members of its project; null for all others. */
export async function findTask(tx: Transaction, id: TaskId, userId: UserId): Promise<Task | null> {
  const [task] = await query<Task>(
    tx,
    `select ${taskSummaryColumns},
            task.description,
            coalesce((
              select json_agg(
                json_build_object('id', first.id, 'number', first.number, 'title', first.title, 'status', first.status)
                order by first.number
              )
              from task_dependencies as dependency
              join tasks as first on first.id = dependency.depends_on_task_id
              where dependency.task_id = task.id
            ), '[]'::json) as depends_on
       from tasks as task
       join ${visibleMemberships} as member on member.project_id = task.project_id
       left join user_refs as assignee on assignee.id = task.assignee_id
      where task.id = $1
        and member.user_id = $2`,
    [id, userId],
  );
  return task ?? null;
}

/** The project of a task, for its members; null for all others. */
export async function findProjectOfTask(
  tx: Transaction,
  id: TaskId,
  userId: UserId,
): Promise<ProjectId | null> {
  const [task] = await query<{ project_id: ProjectId }>(
    tx,
    `select task.project_id
       from tasks as task
       join ${visibleMemberships} as member on member.project_id = task.project_id
      where task.id = $1
        and member.user_id = $2`,
    [id, userId],
  );
  return task?.project_id ?? null;
}

/** True where the project has the task; it then cannot be deleted before the transaction ends. */
export async function holdTask(tx: Transaction, projectId: ProjectId, id: TaskId): Promise<boolean> {
  const rows = await query<{ id: TaskId }>(
    tx,
    `select id
       from tasks
      where project_id = $1
        and id = $2
        for key share`,
    [projectId, id],
  );
  return rows.length === 1;
}

/**
 * The next number of the project, which stays locked until the transaction ends: a number that is rolled back
 * is given out again, so there are no gaps. Null where there is no such project.
 */
export async function takeTaskNumber(tx: Transaction, projectId: ProjectId): Promise<number | null> {
  const [project] = await query<{ task_counter: number }>(
    tx,
    `update projects
        set task_counter = task_counter + 1
      where id = $1
        and deleted_at is null
      returning task_counter`,
    [projectId],
  );
  return project?.task_counter ?? null;
}

export async function insertTask(
  tx: Transaction,
  projectId: ProjectId,
  number: number,
  createdBy: UserId,
  task: NewTask,
): Promise<TaskState> {
  const [made] = await query<TaskState>(
    tx,
    `insert into tasks as task
       (id, project_id, number, title, title_folded, description, status, assignee_id, due_date, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     returning ${stateColumns}`,
    [
      newId<TaskId>(),
      projectId,
      number,
      task.title,
      fold(task.title),
      task.description ?? '',
      task.status ?? 'open',
      task.assignee_id ?? null,
      task.due_date ?? null,
      createdBy,
    ],
  );
  return made!;
}

/** Tasks of the project, locked in the order of their ids; those that do not exist are left out. */
export async function lockTasks(
  tx: Transaction,
  projectId: ProjectId,
  ids: readonly TaskId[],
): Promise<TaskState[]> {
  return query<TaskState>(
    tx,
    `select ${stateColumns}
       from tasks as task
      where task.project_id = $1
        and task.id = any($2::uuid[])
      order by task.id
        for no key update`,
    [projectId, ids],
  );
}

/** Writes the given fields of locked tasks, and a new version of each, in one statement. */
export async function updateTasks(
  tx: Transaction,
  updates: readonly { task: TaskState; changes: TaskChanges }[],
): Promise<TaskState[]> {
  return query<TaskState>(
    tx,
    `update tasks as task
        set title = new.title,
            title_folded = new.title_folded,
            description = new.description,
            status = new.status,
            assignee_id = new.assignee_id,
            due_date = new.due_date,
            version = task.version + 1
       from jsonb_to_recordset($1::jsonb) as new (
              id uuid, version integer, title text, title_folded text, description text, status task_status,
              assignee_id uuid, due_date date
            )
      where task.id = new.id
        and task.version = new.version
      returning ${stateColumns}`,
    [
      JSON.stringify(
        updates.map(({ task, changes: { title = task.title, ...changes } }) => ({
          ...task,
          ...changes,
          title,
          title_folded: fold(title),
        })),
      ),
    ],
  );
}

/** A new version of a locked task, for a change in what hangs on it: labels, dependencies, attachments. */
export async function touchTask(tx: Transaction, id: TaskId): Promise<TaskState> {
  const [task] = await query<TaskState>(
    tx,
    `update tasks as task
        set version = task.version + 1
      where task.id = $1
      returning ${stateColumns}`,
    [id],
  );
  return task!;
}

/** Deletes a task; labels, dependencies, attachments and comments go with it by their keys. */
export async function deleteTask(tx: Transaction, id: TaskId): Promise<void> {
  await query(
    tx,
    `delete from tasks
      where id = $1`,
    [id],
  );
}
