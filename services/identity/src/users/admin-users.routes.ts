import { userInspected } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { publish } from '@hivesync/events';
import {
  type App,
  cursorScope,
  decodeCursor,
  errorResponses,
  etag,
  Page,
  PageQuery,
  pageFrom,
} from '@hivesync/http';
import { Closed } from '../fields.schemas.ts';
import { countUsers, listUsers } from './users.repository.ts';
import { Me, toMe, toUserInList, UserInList, UserListQuery, UserParams } from './users.schemas.ts';
import { existingUser } from './users.service.ts';

const tags = ['Admin: users'];

/** What administrators see of people: lists show emails redacted, one record shows it whole and is audited. */
export async function adminUsersRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/admin/users',
    {
      preHandler: app.requireAdmin,
      schema: {
        operationId: 'listUsers',
        summary: 'All users, newest first, with their emails redacted',
        tags,
        querystring: Closed({ ...PageQuery.properties, ...UserListQuery.properties }),
        response: { 200: Page(UserInList), ...errorResponses('MALFORMED_CURSOR') },
      },
    },
    async (request) => {
      const { limit, cursor, include_total, ...filter } = request.query;
      const scope = cursorScope(request);
      const before = decodeCursor(cursor, scope)?.id ?? null;
      const rows = await listUsers(app.dataSource, filter, before, limit);
      const { items, next_cursor } = pageFrom(rows, limit, ({ id }) => ({ sort: null, id }), scope);
      const total = include_total ? { total: await countUsers(app.dataSource, filter) } : {};
      return { items: items.map(toUserInList), next_cursor, ...total };
    },
  );

  app.get(
    '/api/v1/admin/users/:user_id',
    {
      preHandler: app.requireAdmin,
      schema: {
        operationId: 'getUser',
        summary: 'One user, whole',
        description: 'Shows the email, and so leaves a row in the audit log.',
        tags,
        params: UserParams,
        response: { 200: Me, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const user = await transaction(app.dataSource, async (tx) => {
        const found = await existingUser(tx, request.params.user_id);
        await publish(tx, userInspected, {
          subject: found.id,
          version: 0,
          data: {},
          origin: request.origin,
        });
        return found;
      });
      reply.header('etag', etag(user.version));
      return toMe(user);
    },
  );
}
