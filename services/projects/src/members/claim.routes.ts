import { Closed, foldEmail, IdSchema, memberInvited, type UserId } from '@hivesync/contracts';
import { meetReferences, type Transaction, transaction, unknownReferences } from '@hivesync/database';
import { publishMany } from '@hivesync/events';
import type { App } from '@hivesync/http';
import { Type } from 'typebox';
import { UserRef } from '../references/user-ref.entity.ts';
import { claimInvitations, deliverInvitations, forgetInvitingAnswers } from './claim.repository.ts';

const Person = Closed({ user_id: IdSchema<UserId>(), email: Type.String({ minLength: 3, maxLength: 320 }) });
const deliveredAtOnce = 200;

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
        body: Person,
        response: { 200: Closed({ claimed: Type.Integer() }) },
      },
    },
    async ({ body }) => {
      const email = foldEmail(body.email);
      return transaction(app.dataSource, async (tx) => {
        await meet(tx, body.user_id);
        await forgetInvitingAnswers(tx, [email]);
        return { claimed: await claimInvitations(tx, email, body.user_id) };
      });
    },
  );

  app.post(
    '/internal/invitations/deliver',
    {
      config: { callers: ['identity'] },
      schema: {
        operationId: 'deliverInvitations',
        summary: 'Shows the invitations of an address to its person, who has just proven that it is theirs',
        description: 'Invitations from before are known here by the address alone. May be repeated.',
        tags: ['internal'],
        body: Person,
        response: {
          200: Closed({ delivered: Type.Integer(), more: Type.Boolean({ description: 'Ask once more' }) }),
        },
      },
    },
    async ({ body }) => {
      const email = foldEmail(body.email);
      return transaction(app.dataSource, async (tx) => {
        await meet(tx, body.user_id);
        const delivered = await deliverInvitations(tx, email, body.user_id, deliveredAtOnce);
        await publishMany(
          tx,
          delivered.map(({ id, project_id, project_name }) => ({
            definition: memberInvited,
            subject: id,
            version: 1,
            data: { project_id, project_name, user_id: body.user_id },
          })),
        );
        return { delivered: delivered.length, more: delivered.length === deliveredAtOnce };
      });
    },
  );
}

/** Identity knows them; their event may not have come yet. */
async function meet(tx: Transaction, id: UserId): Promise<void> {
  const unmet = await unknownReferences(tx, UserRef, [id]);
  await meetReferences(
    tx,
    UserRef,
    unmet.map((one) => ({ id: one, version: 0, fields: {} })),
  );
}
