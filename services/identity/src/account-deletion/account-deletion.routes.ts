import {
  ApiError,
  Closed,
  FreeNames,
  IdSchema,
  Nullable,
  StringEnum,
  serviceNames,
  Timestamp,
  type UserId,
} from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type App, errorResponses } from '@hivesync/http';
import { Type } from 'typebox';
import { OfferedPassword } from '../fields.schemas.ts';
import type { SessionContext } from '../sessions/login.service.ts';
import { reauthenticate } from '../sessions/reauthentication.service.ts';
import { UserParams } from '../users/user.schemas.ts';
import { existingUser } from '../users/user.service.ts';
import { deleteAccount, reportOn } from './account-deletion.service.ts';
import { claimInvitations } from './claim-invitations.ts';

const tags = ['account'];
const Accepted = Closed(
  {
    user_id: IdSchema<UserId>(),
    report_url: Type.String({ description: 'Where the report is, which the receipt opens' }),
    receipt: Type.String({ description: 'Shown once; send it as X-Deletion-Receipt' }),
  },
  { $id: 'AccountDeletionAccepted' },
);
const Report = Closed(
  {
    user_id: IdSchema<UserId>(),
    requested_at: Timestamp,
    completed_at: Nullable(Type.String({ format: 'date-time' })),
    services: Type.Array(
      Closed({
        service: StringEnum(serviceNames),
        completed_at: Nullable(Type.String({ format: 'date-time' })),
        removed: FreeNames(Type.Integer(), {
          description: 'Rows removed or cleared, by table or `table.column`; empty until it is complete',
        }),
        longest_lock_ms: Nullable(Type.Integer()),
      }),
    ),
  },
  { $id: 'AccountDeletionReport' },
);

/** Leaving, and the report on what was removed. */
export async function accountDeletionRoutes(
  app: App,
  { context }: { context: SessionContext },
): Promise<void> {
  app.post(
    '/api/v1/me/deletion',
    {
      onRequest: app.requireUser,
      config: { ifMatch: 'optional' },
      schema: {
        operationId: 'deleteMe',
        summary: 'Delete my account, everywhere',
        description:
          'Sessions and keys end at once; what belongs to the account, projects that it owns included, is removed ' +
          'in the background. Tasks and comments written for others stay, with a deleted author. ' +
          "If-Match is compared with the account's version.",
        tags,
        body: Closed({ password: OfferedPassword }, { examples: [{ password: 'correct horse battery' }] }),
        response: {
          202: Accepted,
          ...errorResponses(
            'INVALID_CREDENTIALS',
            'NOT_FOUND',
            'RATE_LIMITED',
            'OVERLOADED',
            'UPSTREAM_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { user, origin, body } = request;
      const attempt = await reauthenticate(context, user, { password: body.password, origin });
      await transaction(app.dataSource, (tx) => context.throttle.succeed(tx, attempt));
      const leaving = await existingUser(app.dataSource, user.id);
      request.ifMatch.require(leaving.version);
      // Asked while the address is still theirs, and outside of the transaction below. What waits for an address that
      // nobody has proven is not theirs to take along.
      if (leaving.emailVerifiedAt) await claimInvitations(app, leaving, request.id);
      const { receipt } = await transaction(app.dataSource, (tx) =>
        deleteAccount(tx, user.id, request.ifMatch, origin),
      );
      reply.header('cache-control', 'no-store').code(202);
      return { user_id: user.id, report_url: `/api/v1/account-deletions/${user.id}`, receipt };
    },
  );

  app.get(
    '/api/v1/account-deletions/:user_id',
    {
      schema: {
        operationId: 'getAccountDeletion',
        summary: 'What was removed of a deleted account, by service, and when it was complete',
        description: 'For whoever holds the receipt of the deletion, and for administrators.',
        tags,
        params: UserParams,
        headers: Type.Object({
          'x-deletion-receipt': Type.Optional(
            Type.String({ maxLength: 100, description: 'What the deletion answered as `receipt`' }),
          ),
        }),
        response: { 200: Report, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const receipt = request.headers['x-deletion-receipt'] ?? null;
      if (receipt === null && (await app.identifyUser(request))?.role !== 'admin') {
        throw new ApiError('NOT_FOUND');
      }
      const { user_id } = request.params;
      const { requestedAt, completedAt, services } = await reportOn(app.dataSource, user_id, receipt);
      reply.header('cache-control', 'no-store');
      return { user_id, requested_at: requestedAt, completed_at: completedAt, services };
    },
  );
}
