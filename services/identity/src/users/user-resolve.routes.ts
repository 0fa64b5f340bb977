import { Closed, Nullable, PublicUser, type UserId } from '@hivesync/contracts';
import { type App, ListReferencesQuery, ResolveBody, ResolveReply } from '@hivesync/http';
import { findUserByEmail, findUsers, type PublicUserRecord, usersAfter } from './user.repository.ts';
import { FindByEmailBody } from './user.schemas.ts';
import { publicUser } from './user.service.ts';

const Resolved = ResolveReply(PublicUser);
const FoundByEmail = Closed({ user: Nullable(Resolved.properties.items.items) });

const resolved = (user: PublicUserRecord) => ({ id: user.id, version: user.version, data: publicUser(user) });

/** What other services ask about people. Never an email: who knows one may ask whose it is. */
export async function userResolveRoutes(app: App): Promise<void> {
  app.post(
    '/internal/users/resolve',
    {
      schema: {
        operationId: 'resolveUsers',
        summary: 'Those of the ids that are users',
        tags: ['internal'],
        body: ResolveBody,
        response: { 200: Resolved },
      },
    },
    async (request) => {
      const ids = request.body.ids as UserId[];
      return { items: (await findUsers(app.dataSource, ids)).map(resolved) };
    },
  );

  app.get(
    '/internal/users',
    {
      schema: {
        operationId: 'listUserReferences',
        summary: 'All users in the order of their ids',
        tags: ['internal'],
        querystring: ListReferencesQuery,
        response: { 200: Resolved },
      },
    },
    async ({ query }) => {
      const after = (query.after ?? null) as UserId | null;
      return { items: (await usersAfter(app.dataSource, after, query.limit)).map(resolved) };
    },
  );

  app.post(
    '/internal/users/find-by-email',
    {
      config: { callers: ['projects'] },
      schema: {
        operationId: 'findUserByEmail',
        summary: 'Whose address this is: nobody’s until it is proven',
        tags: ['internal'],
        body: FindByEmailBody,
        response: { 200: FoundByEmail },
      },
    },
    async (request) => {
      const user = await findUserByEmail(app.dataSource, request.body.email);
      return { user: user?.emailVerifiedAt ? resolved(user) : null };
    },
  );
}
