import { Closed } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type App, errorResponses } from '@hivesync/http';
import { Type } from 'typebox';
import { OfferedPassword } from '../fields.schemas.ts';
import { describeAgent, describeDevice } from './devices.ts';
import { logIn, type SessionContext } from './login.service.ts';
import { renewAuthentication } from './reauthentication.service.ts';
import { refreshSession } from './refresh.service.ts';
import {
  LoggedIn,
  LoginBody,
  LoginHeaders,
  Reauthenticated,
  RefreshBody,
  Tokens,
  toLoggedIn,
  toReauthenticated,
  toTokens,
} from './session.schemas.ts';
import { endSessionsAs } from './session.service.ts';

const tags = ['sessions'];

/**
 * Login, refresh, re-authentication, logout. None takes an Idempotency-Key: their answers hold tokens, which are stored nowhere. A
 * lost answer of refresh is had again with the same token.
 */
export async function authRoutes(app: App, { context }: { context: SessionContext }): Promise<void> {
  app.post(
    '/api/v1/auth/login',
    {
      schema: {
        operationId: 'login',
        summary: 'Start a session with email and password',
        description:
          'After repeated failures an account refuses strangers for a while. A device that logged in before and sends ' +
          'the `device_token` that it got then is counted by itself.',
        tags,
        headers: LoginHeaders,
        body: LoginBody,
        response: { 200: LoggedIn, ...errorResponses('INVALID_CREDENTIALS', 'RATE_LIMITED', 'OVERLOADED') },
      },
    },
    async (request, reply) => {
      const { email, password, device, device_token: deviceToken } = request.body;
      const userAgent = request.headers['user-agent'];
      const pair = await logIn(context, {
        email,
        password,
        deviceToken,
        device: describeDevice(device, request.headers['x-device-name'], userAgent),
        address: request.origin.clientIp ?? null,
        userAgent: describeAgent(userAgent),
        origin: request.origin,
      });
      reply.header('cache-control', 'no-store');
      return toLoggedIn(pair);
    },
  );

  app.post(
    '/api/v1/auth/refresh',
    {
      schema: {
        operationId: 'refresh',
        summary: 'Trade a refresh token for the next pair',
        description:
          'Each token is good for one use. Within 10 s, or while what it bought is unused, it answers the same next ' +
          'token again; any other reuse ends the session.',
        tags,
        body: RefreshBody,
        response: {
          200: Tokens,
          ...errorResponses('REFRESH_TOKEN_INVALID', 'REFRESH_TOKEN_REUSED'),
        },
      },
    },
    async (request, reply) => {
      const pair = await refreshSession(context, request.body.refresh_token, request.origin);
      reply.header('cache-control', 'no-store');
      return toTokens(pair);
    },
  );

  app.post(
    '/api/v1/auth/reauthenticate',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'reauthenticate',
        summary: 'Show my password again, for an access token that allows destructive actions',
        description:
          'They answer 401 REAUTHENTICATION_REQUIRED where the password was shown more than 5 minutes ago. What this ' +
          'answers counts as just shown; tokens from a later refresh count from the login again.',
        tags,
        body: Closed({ password: OfferedPassword }, { examples: [{ password: 'correct horse battery' }] }),
        response: {
          200: Reauthenticated,
          ...errorResponses('INVALID_CREDENTIALS', 'NOT_FOUND', 'RATE_LIMITED', 'OVERLOADED'),
        },
      },
    },
    async (request, reply) => {
      const { user, origin, body } = request;
      const token = await renewAuthentication(context, user, { password: body.password, origin });
      reply.header('cache-control', 'no-store');
      return toReauthenticated(token);
    },
  );

  app.post(
    '/api/v1/auth/logout',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'logout',
        summary: 'End this session',
        description: 'Its refresh tokens are refused at once; an access token runs down within 15 minutes.',
        tags,
        response: { 204: Type.Null({ description: 'Ended, or had been' }) },
      },
    },
    async (request, reply) => {
      const { id, sid } = request.user;
      await transaction(app.dataSource, (tx) =>
        endSessionsAs(tx, id, { only: sid }, 'logout', request.origin),
      );
      return reply.code(204).send(null);
    },
  );
}
