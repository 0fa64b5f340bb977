import { transaction } from '@hivesync/database';
import { type App, errorResponses, unitOfWork } from '@hivesync/http';
import { assertAcceptablePassword, hashPassword } from './passwords.ts';
import { Me, ProfilePatch, RegisterBody, toMe } from './user.schemas.ts';
import { changeProfile, existingUser, registerUser } from './user.service.ts';

const tags = ['account'];

/** Making an account, and what people may do with their own. */
export async function accountRoutes(app: App): Promise<void> {
  app.post(
    '/api/v1/auth/register',
    {
      config: { idempotent: true, versioned: true },
      schema: {
        operationId: 'register',
        summary: 'Make an account',
        description: 'Answers the account and no token: log in next.',
        tags,
        body: RegisterBody,
        response: { 201: Me, ...errorResponses('EMAIL_TAKEN', 'PASSWORD_TOO_COMMON', 'OVERLOADED') },
      },
    },
    async (request, reply) => {
      const { email, password, display_name: displayName } = request.body;
      assertAcceptablePassword(password);
      const passwordHash = await hashPassword(password);
      return unitOfWork(request, reply, async (tx) => {
        const user = await registerUser(tx, { email, passwordHash, displayName }, request.origin);
        return { status: 201, body: toMe(user), headers: { location: '/api/v1/me' } };
      });
    },
  );

  app.get(
    '/api/v1/me',
    {
      onRequest: app.requireUser,
      config: { versioned: true },
      schema: {
        operationId: 'getMe',
        summary: 'My account and profile',
        tags,
        response: { 200: Me, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request) => toMe(await existingUser(app.dataSource, request.user.id)),
  );

  app.patch(
    '/api/v1/me',
    {
      onRequest: app.requireUser,
      config: { ifMatch: 'optional', versioned: true },
      schema: {
        operationId: 'updateMe',
        summary: 'Change my profile',
        description: 'Changes the fields that are given. If-Match is honoured where it is sent.',
        tags,
        body: ProfilePatch,
        response: { 200: Me, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request) => {
      const {
        display_name: displayName,
        avatar_url: avatarUrl,
        preferences_json: preferences,
      } = request.body;
      const user = await transaction(app.dataSource, (tx) =>
        changeProfile(
          tx,
          request.user.id,
          { displayName, avatarUrl, preferences },
          request.ifMatch,
          request.origin,
        ),
      );
      return toMe(user);
    },
  );
}
