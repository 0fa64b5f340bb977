import {
  Closed,
  IdSchema,
  Name,
  Nullable,
  type ProjectId,
  StringEnum,
  type TaskId,
  type TaskLabelId,
  TaskStatus,
  Text,
  Timestamp,
  type UserId,
} from '@hivesync/contracts';
import { PageQuery } from '@hivesync/http';
import { type Static, Type } from 'typebox';
import { Day, DayOf, Description, Order, Person } from '../fields.schemas.ts';

export const TaskParams = Closed({ task_id: IdSchema<TaskId>() });
const Title = Name(500);

/** A task in a list: without the description, which may be long. */
export const TaskSummary = Closed(
  {
    id: IdSchema<TaskId>(),
    project_id: IdSchema<ProjectId>(),
    number: Type.Integer({ description: 'Counts from 1 within the project' }),
    title: Type.String(),
    status: TaskStatus,
    assignee: Nullable(Person),
    due_date: Nullable(Day),
    labels: Type.Array(Closed({ id: IdSchema<TaskLabelId>(), name: Type.String(), color: Type.String() })),
    created_by: IdSchema<UserId>(),
    version: Type.Integer(),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: 'TaskSummary' },
);
export type TaskSummary = Static<typeof TaskSummary>;

export const Task = Closed(
  {
    ...TaskSummary.properties,
    description: Type.String(),
    depends_on: Type.Array(
      Closed({
        id: IdSchema<TaskId>(),
        number: Type.Integer(),
        title: Type.String(),
        status: TaskStatus,
      }),
      { description: 'Tasks that come first' },
    ),
  },
  { $id: 'Task' },
);
export type Task = Static<typeof Task>;

const assignee = Type.Optional(Nullable(IdSchema<UserId>({ description: 'A member of the project' })));
const due = Type.Optional(Nullable(Day));
const status = Type.Optional(TaskStatus);

export const NewTask = Closed(
  {
    title: Title,
    description: Type.Optional(Description),
    status,
    assignee_id: assignee,
    due_date: due,
  },
  { examples: [{ title: 'Login screen flickers', status: 'open', due_date: '2026-12-24' }] },
);
export type NewTask = Static<typeof NewTask>;

export const TaskChanges = Type.Object(
  {
    title: Type.Optional(Title),
    description: Type.Optional(Description),
    status,
    assignee_id: assignee,
    due_date: due,
  },
  { additionalProperties: false, minProperties: 1, examples: [{ status: 'in_progress' }] },
);
export type TaskChanges = Static<typeof TaskChanges>;

export const BulkUpdate = Closed(
  {
    updates: Type.Array(
      Closed({
        id: IdSchema<TaskId>(),
        version: Type.Optional(
          Type.Integer({ minimum: 1, description: 'Change it only if it still has this version' }),
        ),
        changes: Type.Object(
          { status, assignee_id: assignee, due_date: due },
          { additionalProperties: false, minProperties: 1 },
        ),
      }),
      { minItems: 1, maxItems: 200 },
    ),
  },
  { examples: [{ updates: [{ id: '01a20405-99d1-7459-82eb-998cc9afb8b5', changes: { status: 'done' } }] }] },
);
export type BulkUpdate = Static<typeof BulkUpdate>;

export const BulkResult = Closed(
  {
    results: Type.Array(
      Closed({
        id: IdSchema<TaskId>(),
        updated: Type.Boolean(),
        version: Nullable(Type.Integer({ description: 'The present one; null where there is no such task' })),
        code: Nullable(Type.String({ description: 'Why it was not updated: a code of the error catalogue' })),
      }),
      { description: 'In the order of `updates`' },
    ),
  },
  { $id: 'BulkResult' },
);
export type BulkResult = Static<typeof BulkResult>;

export const taskSorts = ['created', 'updated', 'due', 'number'] as const;
export type TaskSort = (typeof taskSorts)[number];

export const TaskListQuery = Type.Object(
  {
    ...PageQuery.properties,
    status: Type.Optional(
      Type.Array(TaskStatus, { maxItems: 4, description: 'Any of these; may be repeated' }),
    ),
    assignee: Type.Optional(
      Type.Union([StringEnum(['me', 'none']), IdSchema<UserId>()], {
        description: 'Id of a user, `me` or `none`',
      }),
    ),
    label: Type.Optional(IdSchema<TaskLabelId>({ description: 'Id of a label that they carry' })),
    due_from: Type.Optional(DayOf('First day of those that they are due on')),
    due_to: Type.Optional(DayOf('Last day of those that they are due on')),
    q: Type.Optional(Text(200, { min: 1, description: 'What their title contains' })),
    sort: StringEnum(taskSorts, { default: 'created', description: 'What to sort by' }),
    order: Order('desc'),
  },
  { additionalProperties: false },
);
export type TaskListQuery = Static<typeof TaskListQuery>;
