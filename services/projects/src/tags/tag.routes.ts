import { transaction } from '@hivesync/database';
import { type App, errorResponses, Page, PageQuery, readPage, unitOfWork } from '@hivesync/http';
import { Type } from 'typebox';
import { actorOf } from '../actor.ts';
import { requireMember } from '../members/access.ts';
import { ProjectParams } from '../projects/project.schemas.ts';
import { countTags, listTags } from './tag.repository.ts';
import { NewTag, Tag, TagParams } from './tag.schemas.ts';
import { createTag, removeTag } from './tag.service.ts';

const tags = ['tags'];

export async function tagRoutes(app: App): Promise<void> {
  app.post(
    '/api/v1/projects/:project_id/tags',
    {
      onRequest: app.requireUser,
      config: { idempotent: true },
      schema: {
        operationId: 'createTag',
        summary: 'Tag a project; for its owner',
        tags,
        params: ProjectParams,
        body: NewTag,
        response: { 201: Tag, ...errorResponses('OWNER_ONLY', 'NOT_FOUND', 'NAME_TAKEN') },
      },
    },
    (request, reply) =>
      unitOfWork(request, reply, async (tx) => {
        const tag = await createTag(tx, actorOf(request), request.params.project_id, request.body);
        return {
          status: 201,
          body: tag,
          headers: { location: `/api/v1/projects/${tag.project_id}/tags/${tag.id}` },
        };
      }),
  );

  app.get(
    '/api/v1/projects/:project_id/tags',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listTags',
        summary: 'The tags of a project, by name',
        tags,
        params: ProjectParams,
        querystring: PageQuery,
        response: { 200: Page(Tag), ...errorResponses('MALFORMED_CURSOR', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const { params, user } = request;
      const { manager } = app.dataSource;
      await requireMember(manager, params.project_id, user.id);
      return readPage(
        request,
        (page) => listTags(manager, params.project_id, page),
        () => countTags(manager, params.project_id),
      );
    },
  );

  app.delete(
    '/api/v1/projects/:project_id/tags/:tag_id',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'deleteTag',
        summary: 'Take a tag off a project; for its owner',
        tags,
        params: TagParams,
        response: { 204: Type.Null(), ...errorResponses('OWNER_ONLY', 'NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const { project_id, tag_id } = request.params;
      await transaction(app.dataSource, (tx) => removeTag(tx, actorOf(request), project_id, tag_id));
      return reply.code(204).send(null);
    },
  );
}
