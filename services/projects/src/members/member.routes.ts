import { transaction } from '@hivesync/database';
import { type App, errorResponses, Page, PageQuery, readPage } from '@hivesync/http';
import { Type } from 'typebox';
import { actorOf } from '../actor.ts';
import { ProjectParams } from '../projects/project.schemas.ts';
import { requireMember } from './access.ts';
import { countMembers, listMembers } from './member.repository.ts';
import { Member, MemberParams } from './member.schemas.ts';
import { leaveProject, removeMember } from './member.service.ts';

const tags = ['members'];

export async function memberRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/projects/:project_id/members',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listMembers',
        summary: 'The members of a project, its owner among them',
        tags,
        params: ProjectParams,
        querystring: PageQuery,
        response: { 200: Page(Member), ...errorResponses('MALFORMED_CURSOR', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const { params, user } = request;
      const { manager } = app.dataSource;
      await requireMember(manager, params.project_id, user.id);
      return readPage(
        request,
        (page) => listMembers(manager, params.project_id, page),
        () => countMembers(manager, params.project_id),
      );
    },
  );

  app.delete(
    '/api/v1/projects/:project_id/members/me',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'leaveProject',
        summary: "Leave a project; tasks assigned to the caller become nobody's",
        tags,
        params: ProjectParams,
        response: { 204: Type.Null(), ...errorResponses('NOT_FOUND', 'CONFLICT') },
      },
    },
    async (request, reply) => {
      await transaction(app.dataSource, (tx) =>
        leaveProject(tx, actorOf(request), request.params.project_id),
      );
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/api/v1/projects/:project_id/members/:user_id',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'removeMember',
        summary: 'Remove a member; for the owner',
        tags,
        params: MemberParams,
        response: { 204: Type.Null(), ...errorResponses('OWNER_ONLY', 'NOT_FOUND', 'CONFLICT') },
      },
    },
    async (request, reply) => {
      const { project_id, user_id } = request.params;
      await transaction(app.dataSource, (tx) => removeMember(tx, actorOf(request), project_id, user_id));
      return reply.code(204).send(null);
    },
  );
}
