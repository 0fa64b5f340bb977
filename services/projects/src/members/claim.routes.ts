import { Closed, foldEmail, IdSchema, type UserId } from '@hivesync/contracts';
import { meetReferences, transaction, unknownReferences } from '@hivesync/database';
import type { App } from '@hivesync/http';
import { Type } from 'typebox';
import { UserRef } from '../references/user-ref.entity.ts';
import { claimInvitations, forgetInvitingAnswers } from './claim.repository.ts';

/** For identity, the one that knows whose an address is; the app asks for a service token under /internal. */
export async function claimRoutes(app: App): Promise<void> {
  app.post(
    '/internal/invitations/claim',
    {
      config: { callers: ['identity'] },
      schema: {
        operationId: 'claimInvitations',
        summary: 'Gives the invitations of an address to its person',
        description:
          'Before somebody leaves: what is known here by their address alone then goes with what is known by their id.',
        tags: ['internal'],
        body: Closed({ user_id: IdSchema<UserId>(), email: Type.String({ minLength: 3, maxLength: 320 }) }),
        response: { 200: Closed({ claimed: Type.Integer() }) },
      },
    },
    async ({ body }) => {
      const email = foldEmail(body.email);
      return transaction(app.dataSource, async (tx) => {
        const unmet = await unknownReferences(tx, UserRef, [body.user_id]);
        await meetReferences(
          tx,
          UserRef,
          unmet.map((id) => ({ id, version: 0, fields: {} })),
        );
        await forgetInvitingAnswers(tx, [email]);
        return { claimed: await claimInvitations(tx, email, body.user_id) };
      });
    },
  );
}
