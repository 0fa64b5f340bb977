import type { ProjectId } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type App, errorResponses, Page, readPage, unitOfWork } from '@hivesync/http';
import { actorOf } from '../actor.ts';
import { countProjects, listProjects } from './project.repository.ts';
import {
  NewProject,
  Project,
  ProjectChanges,
  ProjectDeletionAccepted,
  ProjectDeletionBody,
  ProjectListQuery,
  ProjectParams,
  ProjectSummary,
} from './project.schemas.ts';
import { changeProject, createProject, getProject } from './project.service.ts';
import { deleteProject } from './project-deletion.service.ts';

const tags = ['projects'];
const pathOf = (id: ProjectId): string => `/api/v1/projects/${id}`;

export async function projectRoutes(app: App): Promise<void> {
  app.post(
    '/api/v1/projects',
    {
      onRequest: app.requireUser,
      config: { idempotent: true, versioned: true },
      schema: {
        operationId: 'createProject',
        summary: 'Make a project, which the caller then owns',
        tags,
        body: NewProject,
        response: { 201: Project, ...errorResponses('VALIDATION_FAILED') },
      },
    },
    (request, reply) =>
      unitOfWork(request, reply, async (tx) => {
        const project = await createProject(tx, actorOf(request), request.body);
        return {
          status: 201,
          body: project,
          headers: { location: pathOf(project.id) },
        };
      }),
  );

  app.get(
    '/api/v1/projects',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listProjects',
        summary: 'The projects that the caller is a member of',
        tags,
        querystring: ProjectListQuery,
        response: { 200: Page(ProjectSummary), ...errorResponses('MALFORMED_CURSOR') },
      },
    },
    async (request) => {
      const { query, user } = request;
      const { favorite, sort, order } = query;
      const { manager } = app.dataSource;
      return readPage(
        request,
        (page) => listProjects(manager, user.id, { favorite }, sort, order, page),
        () => countProjects(manager, user.id, { favorite }),
      );
    },
  );

  app.get(
    '/api/v1/projects/:project_id',
    {
      onRequest: app.requireUser,
      config: { versioned: true },
      schema: {
        operationId: 'getProject',
        summary: 'One project',
        tags,
        params: ProjectParams,
        response: { 200: Project, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request) => getProject(app.dataSource.manager, actorOf(request), request.params.project_id),
  );

  app.patch(
    '/api/v1/projects/:project_id',
    {
      onRequest: app.requireUser,
      config: { ifMatch: 'required', versioned: true },
      schema: {
        operationId: 'updateProject',
        summary: "Change a project's settings, or hand it over to another member; for its owner",
        tags,
        params: ProjectParams,
        body: ProjectChanges,
        response: {
          200: Project,
          ...errorResponses('OWNER_ONLY', 'NOT_FOUND', 'NOT_A_MEMBER'),
        },
      },
    },
    async (request) =>
      transaction(app.dataSource, (tx) =>
        changeProject(tx, actorOf(request), request.params.project_id, request.ifMatch, request.body),
      ),
  );

  app.post(
    '/api/v1/projects/:project_id/deletion',
    {
      onRequest: app.requireUser,
      config: { ifMatch: 'optional' },
      schema: {
        operationId: 'deleteProject',
        summary: 'Delete a project with all that belongs to it; for its owner',
        description:
          'It is gone for everybody at once. What belongs to it is removed in the background, in every service. ' +
          "If-Match is compared with the project's version.",
        tags,
        params: ProjectParams,
        body: ProjectDeletionBody,
        response: {
          202: ProjectDeletionAccepted,
          ...errorResponses('OWNER_ONLY', 'NOT_FOUND', 'UNPROCESSABLE'),
        },
      },
    },
    async (request, reply) => {
      const { project_id: id } = request.params;
      await transaction(app.dataSource, (tx) =>
        deleteProject(tx, actorOf(request), id, request.ifMatch, request.body.confirm),
      );
      return reply.code(202).send({ id, state: 'deleting' as const });
    },
  );
}
