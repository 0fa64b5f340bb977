import type { CommentId } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type App, errorResponses, Page, readPage, unitOfWork } from '@hivesync/http';
import { Type } from 'typebox';
import { actorOf } from '../actor.ts';
import { requireMember } from '../members/access.ts';
import { ProjectParams } from '../projects/project.schemas.ts';
import { type CommentFilter, countComments, listComments } from './comment.repository.ts';
import { Comment, CommentChanges, CommentListQuery, CommentParams, NewComment } from './comment.schemas.ts';
import { addComment, editComment, getComment, removeComment, starComment } from './comment.service.ts';

const tags = ['comments'];
const pathOf = (id: CommentId): string => `/api/v1/comments/${id}`;

export async function commentRoutes(app: App): Promise<void> {
  app.post(
    '/api/v1/projects/:project_id/comments',
    {
      onRequest: app.requireUser,
      config: { idempotent: true, versioned: true },
      schema: {
        operationId: 'addComment',
        summary: 'Comment on something of a project, or reply',
        tags,
        params: ProjectParams,
        body: NewComment,
        response: { 201: Comment, ...errorResponses('VALIDATION_FAILED', 'NOT_FOUND', 'UNKNOWN_REFERENCE') },
      },
    },
    (request, reply) =>
      unitOfWork(request, reply, async (tx) => {
        const comment = await addComment(tx, actorOf(request), request.params.project_id, request.body);
        return {
          status: 201,
          body: comment,
          headers: { location: pathOf(comment.id) },
        };
      }),
  );

  app.get(
    '/api/v1/projects/:project_id/comments',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listComments',
        summary: 'The comments of a project, by age',
        tags,
        params: ProjectParams,
        querystring: CommentListQuery,
        response: { 200: Page(Comment), ...errorResponses('MALFORMED_CURSOR', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const { params, query, user } = request;
      const { manager } = app.dataSource;
      const filter: CommentFilter = {
        entityType: query.entity_type,
        entityId: query.entity_id,
        filePath: query.file_path,
        parentId: query.parent_id,
        starred: query.starred,
      };
      await requireMember(manager, params.project_id, user.id);
      return readPage(
        request,
        (page) => listComments(manager, params.project_id, filter, query.order, page),
        () => countComments(manager, params.project_id, filter),
      );
    },
  );

  app.get(
    '/api/v1/comments/:comment_id',
    {
      onRequest: app.requireUser,
      config: { versioned: true },
      schema: {
        operationId: 'getComment',
        summary: 'One comment',
        tags,
        params: CommentParams,
        response: { 200: Comment, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request) => getComment(app.dataSource.manager, actorOf(request), request.params.comment_id),
  );

  app.patch(
    '/api/v1/comments/:comment_id',
    {
      onRequest: app.requireUser,
      config: { ifMatch: 'required', versioned: true },
      schema: {
        operationId: 'editComment',
        summary: 'Rewrite a comment; for its author',
        tags,
        params: CommentParams,
        body: CommentChanges,
        response: {
          200: Comment,
          ...errorResponses('FORBIDDEN', 'NOT_FOUND'),
        },
      },
    },
    async (request) =>
      transaction(app.dataSource, (tx) =>
        editComment(tx, actorOf(request), request.params.comment_id, request.ifMatch, request.body.body),
      ),
  );

  app.delete(
    '/api/v1/comments/:comment_id',
    {
      onRequest: app.requireUser,
      config: { ifMatch: 'optional' },
      schema: {
        operationId: 'deleteComment',
        summary: "Delete a comment and the replies to it; for its author and the project's owner",
        tags,
        params: CommentParams,
        response: { 204: Type.Null(), ...errorResponses('FORBIDDEN', 'NOT_FOUND') },
      },
    },
    async (request, reply) => {
      await transaction(app.dataSource, (tx) =>
        removeComment(tx, actorOf(request), request.params.comment_id, request.ifMatch),
      );
      return reply.code(204).send(null);
    },
  );

  for (const [method, operationId, summary, starred] of [
    ['PUT', 'starComment', 'Star a comment, for all members', true],
    ['DELETE', 'unstarComment', 'Take the star off a comment', false],
  ] as const) {
    app.route({
      method,
      url: '/api/v1/comments/:comment_id/star',
      onRequest: app.requireUser,
      schema: {
        operationId,
        summary,
        tags,
        params: CommentParams,
        response: { 204: Type.Null(), ...errorResponses('NOT_FOUND') },
      },
      handler: async (request, reply) => {
        await transaction(app.dataSource, (tx) =>
          starComment(tx, actorOf(request), request.params.comment_id, starred),
        );
        return reply.code(204).send(null);
      },
    });
  }
}
