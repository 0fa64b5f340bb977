import { transaction } from '@hivesync/database';
import { type App, errorResponses, Page, PageQuery, readPage, unitOfWork } from '@hivesync/http';
import { Type } from 'typebox';
import { actorOf } from '../actor.ts';
import { requireMember } from '../members/access.ts';
import { ProjectParams } from '../projects/project.schemas.ts';
import { countLabels, listLabels } from './label.repository.ts';
import { Label, LabelParams, NewLabel, TaskLabelParams } from './label.schemas.ts';
import { createLabel, putLabelOn, removeLabel, takeLabelOff } from './label.service.ts';

const tags = ['labels'];

export async function labelRoutes(app: App): Promise<void> {
  app.post(
    '/api/v1/projects/:project_id/labels',
    {
      onRequest: app.requireUser,
      config: { idempotent: true },
      schema: {
        operationId: 'createLabel',
        summary: 'Add a label to a project',
        tags,
        params: ProjectParams,
        body: NewLabel,
        response: { 201: Label, ...errorResponses('NOT_FOUND', 'NAME_TAKEN') },
      },
    },
    (request, reply) =>
      unitOfWork(request, reply, async (tx) => {
        const label = await createLabel(tx, actorOf(request), request.params.project_id, request.body);
        return {
          status: 201,
          body: label,
          headers: { location: `/api/v1/projects/${label.project_id}/labels/${label.id}` },
        };
      }),
  );

  app.get(
    '/api/v1/projects/:project_id/labels',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listLabels',
        summary: 'The labels of a project, by name',
        tags,
        params: ProjectParams,
        querystring: PageQuery,
        response: { 200: Page(Label), ...errorResponses('MALFORMED_CURSOR', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const { params, user } = request;
      const { manager } = app.dataSource;
      await requireMember(manager, params.project_id, user.id);
      return readPage(
        request,
        (page) => listLabels(manager, params.project_id, page),
        () => countLabels(manager, params.project_id),
      );
    },
  );

  app.delete(
    '/api/v1/projects/:project_id/labels/:label_id',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'deleteLabel',
        summary: 'Delete a label, off all tasks too',
        tags,
        params: LabelParams,
        response: { 204: Type.Null(), ...errorResponses('NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const { project_id, label_id } = request.params;
      await transaction(app.dataSource, (tx) => removeLabel(tx, actorOf(request), project_id, label_id));
      return reply.code(204).send(null);
    },
  );

  for (const [method, operationId, summary, change] of [
    ['PUT', 'putLabelOnTask', 'Put a label on a task', putLabelOn],
    ['DELETE', 'takeLabelOffTask', 'Take a label off a task', takeLabelOff],
  ] as const) {
    app.route({
      method,
      url: '/api/v1/tasks/:task_id/labels/:label_id',
      onRequest: app.requireUser,
      schema: {
        operationId,
        summary,
        tags,
        params: TaskLabelParams,
        response: { 204: Type.Null(), ...errorResponses('NOT_FOUND') },
      },
      handler: async (request, reply) => {
        const { task_id, label_id } = request.params;
        await transaction(app.dataSource, (tx) => change(tx, actorOf(request), task_id, label_id));
        return reply.code(204).send(null);
      },
    });
  }
}
