import type { TaskId, UserId } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type App, errorResponses, Page, readPage, unitOfWork } from '@hivesync/http';
import { Type } from 'typebox';
import { actorOf } from '../actor.ts';
import { requireMember } from '../members/access.ts';
import { ProjectParams } from '../projects/project.schemas.ts';
import { bulkUpdate } from './bulk-update.service.ts';
import {
  BulkResult,
  BulkUpdate,
  NewTask,
  Task,
  TaskChanges,
  TaskListQuery,
  TaskParams,
  TaskSummary,
} from './task.schemas.ts';
import { changeTask, createTask, getTask, removeTask } from './task.service.ts';
import { countTasks, listTasks, type TaskFilter } from './task-list.repository.ts';

const tags = ['tasks'];
const pathOf = (id: TaskId): string => `/api/v1/tasks/${id}`;

export async function taskRoutes(app: App): Promise<void> {
  app.post(
    '/api/v1/projects/:project_id/tasks',
    {
      onRequest: app.requireUser,
      config: { idempotent: true, versioned: true },
      schema: {
        operationId: 'createTask',
        summary: 'Make a task, which gets the next number of its project',
        tags,
        params: ProjectParams,
        body: NewTask,
        response: { 201: Task, ...errorResponses('NOT_FOUND', 'NOT_A_MEMBER') },
      },
    },
    (request, reply) =>
      unitOfWork(request, reply, async (tx) => {
        const task = await createTask(tx, actorOf(request), request.params.project_id, request.body);
        return {
          status: 201,
          body: task,
          headers: { location: pathOf(task.id) },
        };
      }),
  );

  app.get(
    '/api/v1/projects/:project_id/tasks',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listTasks',
        summary: 'The tasks of a project',
        tags,
        params: ProjectParams,
        querystring: TaskListQuery,
        response: { 200: Page(TaskSummary), ...errorResponses('MALFORMED_CURSOR', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const { params, query, user } = request;
      const { manager } = app.dataSource;
      const { sort, order } = query;
      const filter = filterOf(query, user.id);
      await requireMember(manager, params.project_id, user.id);
      return readPage(
        request,
        (page) => listTasks(manager, params.project_id, filter, sort, order, page),
        () => countTasks(manager, params.project_id, filter),
      );
    },
  );

  app.post(
    '/api/v1/projects/:project_id/tasks/bulk',
    {
      onRequest: app.requireUser,
      config: { idempotent: true },
      schema: {
        operationId: 'updateTasks',
        summary: 'Change up to 200 tasks, with a result for each',
        tags,
        params: ProjectParams,
        body: BulkUpdate,
        response: { 200: BulkResult, ...errorResponses('VALIDATION_FAILED', 'NOT_FOUND') },
      },
    },
    (request, reply) =>
      unitOfWork(request, reply, async (tx) => ({
        status: 200,
        body: await bulkUpdate(tx, actorOf(request), request.params.project_id, request.body),
      })),
  );

  app.get(
    '/api/v1/tasks/:task_id',
    {
      onRequest: app.requireUser,
      config: { versioned: true },
      schema: {
        operationId: 'getTask',
        summary: 'One task',
        tags,
        params: TaskParams,
        response: { 200: Task, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request) => getTask(app.dataSource.manager, actorOf(request), request.params.task_id),
  );

  app.patch(
    '/api/v1/tasks/:task_id',
    {
      onRequest: app.requireUser,
      config: { ifMatch: 'required', versioned: true },
      schema: {
        operationId: 'updateTask',
        summary: 'Change a task',
        tags,
        params: TaskParams,
        body: TaskChanges,
        response: {
          200: Task,
          ...errorResponses('NOT_FOUND', 'NOT_A_MEMBER'),
        },
      },
    },
    async (request) =>
      transaction(app.dataSource, (tx) =>
        changeTask(tx, actorOf(request), request.params.task_id, request.ifMatch, request.body),
      ),
  );

  app.delete(
    '/api/v1/tasks/:task_id',
    {
      onRequest: app.requireUser,
      config: { ifMatch: 'optional' },
      schema: {
        operationId: 'deleteTask',
        summary: 'Delete a task with its comments and attachments',
        tags,
        params: TaskParams,
        response: { 204: Type.Null(), ...errorResponses('NOT_FOUND') },
      },
    },
    async (request, reply) => {
      await transaction(app.dataSource, (tx) =>
        removeTask(tx, actorOf(request), request.params.task_id, request.ifMatch),
      );
      return reply.code(204).send(null);
    },
  );
}

function filterOf(query: TaskListQuery, caller: UserId): TaskFilter {
  return {
    status: query.status,
    assignee: assigneeOf(query.assignee, caller),
    label: query.label,
    dueFrom: query.due_from,
    dueTo: query.due_to,
    text: query.q,
  };
}

function assigneeOf(asked: string | undefined, caller: UserId): UserId | null | undefined {
  if (asked === undefined) return undefined;
  if (asked === 'none') return null;
  return asked === 'me' ? caller : (asked as UserId);
}
