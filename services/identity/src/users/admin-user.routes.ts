import { Closed, userInspected } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { publish } from '@hivesync/events';
import { type App, errorResponses, Page, PageQuery, readPage } from '@hivesync/http';
import { countUsers, listUsers } from './user.repository.ts';
import { Me, toMe, toUserInList, UserInList, UserListQuery, UserParams } from './user.schemas.ts';
import { existingUser } from './user.service.ts';

const tags = ['admin'];

/** What administrators see of people: lists show emails redacted, one record shows it whole and is audited. */
export async function adminUserRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/admin/users',
    {
      onRequest: app.requireAdmin,
      schema: {
        operationId: 'listUsers',
        summary: 'All users, newest first, with their emails redacted',
        tags,
        querystring: Closed({ ...PageQuery.properties, ...UserListQuery.properties }),
        response: { 200: Page(UserInList), ...errorResponses('MALFORMED_CURSOR') },
      },
    },
    async (request) => {
      const page = await readPage(
        request,
        (page) => listUsers(app.dataSource, request.query, page),
        () => countUsers(app.dataSource, request.query),
      );
      return { ...page, items: page.items.map(toUserInList) };
    },
  );

  app.get(
    '/api/v1/admin/users/:user_id',
    {
      onRequest: app.requireAdmin,
      config: { versioned: true },
      schema: {
        operationId: 'getUser',
        summary: 'One user, whole',
        description: 'Shows the email, and so leaves a row in the audit log.',
        tags,
        params: UserParams,
        response: { 200: Me, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request) => {
      const user = await transaction(app.dataSource, async (tx) => {
        const found = await existingUser(tx, request.params.user_id);
        // A HEAD shows nothing of them.
        if (request.method === 'HEAD') return found;
        await publish(tx, userInspected, {
          subject: found.id,
          version: 0,
          data: {},
          origin: request.origin,
        });
        return found;
      });
      return toMe(user);
    },
  );
}
