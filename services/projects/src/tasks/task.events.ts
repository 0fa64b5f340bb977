import { taskAssigned, taskCompleted, taskCreated, taskUpdated } from '@hivesync/contracts';
import type { DefinedPublication } from '@hivesync/events';
import type { Actor } from '../actor.ts';
import type { TaskState } from './task.repository.ts';
import type { TaskChanges } from './task.schemas.ts';

const told = ({ project_id, number, title, status, assignee_id }: TaskState) => ({
  project_id,
  number,
  title,
  status,
  assignee_id,
});

const about = (task: TaskState, actor: Actor) => ({
  subject: task.id,
  version: task.version,
  origin: actor.origin,
});

/** What is told of a new task. */
export function creationEvents(task: TaskState, actor: Actor): DefinedPublication[] {
  const created = {
    ...about(task, actor),
    definition: taskCreated,
    data: { ...told(task), created_by: task.created_by },
  };
  return [created, ...assignment(task, actor)];
}

/** What is told of a change; `before` is the task as it was. */
export function changeEvents(
  before: TaskState,
  after: TaskState,
  changed: readonly string[],
  actor: Actor,
): DefinedPublication[] {
  const updated = {
    ...about(after, actor),
    definition: taskUpdated,
    data: { ...told(after), changed: [...changed] },
  };
  const completed = {
    ...about(after, actor),
    definition: taskCompleted,
    data: { ...told(after), created_by: after.created_by },
  };
  return [
    updated,
    ...(after.assignee_id === before.assignee_id ? [] : assignment(after, actor)),
    ...(after.status === 'done' && before.status !== 'done' ? [completed] : []),
  ];
}

function assignment(task: TaskState, actor: Actor): DefinedPublication[] {
  if (!task.assignee_id) return [];
  return [
    {
      ...about(task, actor),
      definition: taskAssigned,
      data: { ...told(task), assignee_id: task.assignee_id },
    },
  ];
}

const changeable = ['title', 'description', 'status', 'assignee_id', 'due_date'] as const;

/** Names of the fields whose value the changes would change. */
export function changedFields(task: TaskState, changes: TaskChanges): string[] {
  return changeable.filter((field) => changes[field] !== undefined && changes[field] !== task[field]);
}
