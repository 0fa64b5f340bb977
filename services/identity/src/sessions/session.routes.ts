import { ApiError } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type App, errorResponses, Page, PageQuery, readPage, SessionNow } from '@hivesync/http';
import { Type } from 'typebox';
import { countSessions, findLiveSession, listSessions } from './session.repository.ts';
import { SessionInList, SessionParams, toSessionInList } from './session.schemas.ts';
import { endSessionsAs } from './session.service.ts';

const tags = ['sessions'];
const Ended = Type.Null({ description: 'Ended' });

/** People's view of where they are logged in. */
export async function sessionRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/me/sessions',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listMySessions',
        summary: 'Where I am logged in, newest first',
        tags,
        querystring: PageQuery,
        response: { 200: Page(SessionInList), ...errorResponses('MALFORMED_CURSOR') },
      },
    },
    async (request) => {
      const { id: userId, sid } = request.user;
      const page = await readPage(
        request,
        (page) => listSessions(app.dataSource, userId, page),
        () => countSessions(app.dataSource, userId),
      );
      return { ...page, items: page.items.map((item) => toSessionInList(item, sid)) };
    },
  );

  app.get(
    '/internal/sessions/:session_id',
    {
      schema: {
        operationId: 'readSession',
        summary: 'Whose session it is now, and in which role: null where it has ended',
        tags: ['internal'],
        params: SessionParams,
        response: { 200: SessionNow },
      },
    },
    async (request) => ({ session: await findLiveSession(app.dataSource, request.params.session_id) }),
  );

  app.delete(
    '/api/v1/me/sessions/:session_id',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'endMySession',
        summary: 'End one of my sessions',
        tags,
        params: SessionParams,
        response: { 204: Ended, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const ended = await transaction(app.dataSource, (tx) =>
        endSessionsAs(tx, request.user.id, { only: request.params.session_id }, 'revoked', request.origin),
      );
      if (ended.length === 0) throw new ApiError('NOT_FOUND');
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/api/v1/me/sessions',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'endMyOtherSessions',
        summary: 'End all my sessions but this one',
        tags,
        response: { 204: Ended },
      },
    },
    async (request, reply) => {
      await transaction(app.dataSource, (tx) =>
        endSessionsAs(tx, request.user.id, { allBut: request.user.sid }, 'revoked', request.origin),
      );
      return reply.code(204).send(null);
    },
  );
}
