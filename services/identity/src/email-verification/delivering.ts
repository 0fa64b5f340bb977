import { fitting } from '@hivesync/clients';
import { ApiError, type UserId } from '@hivesync/contracts';
import type { App } from '@hivesync/http';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { findUser } from '../users/user.repository.ts';
import {
  claimDelivery,
  deleteDelivery,
  postponeDelivery,
  settleDelivery,
} from './invitation-delivery.repository.ts';

const Delivered = Compile(Type.Object({ more: Type.Boolean() }));
/** Milliseconds. */
const deadlineMs = 5_000;
/** Longer than the calls can take; where they are many and take longer, doing it twice does no harm. */
const leaseSeconds = 60;
/**
 * Whoever invites asks whose the address is, and writes after that. So one that was told "nobody's" may write after
 * the first delivery; behind the longest that a request takes there is none, and the last delivery finds all.
 */
const settledSeconds = 120;

/** Has projects told of addresses that were just proven, in the background, one after the other in this process. */
export function deliverInBackground(app: App): void {
  const deliver = async (signal: AbortSignal) => {
    while (!signal.aborted && (await deliverNext(app, signal)));
  };
  app.lifecycle.every('deliver invitations', 1, deliver, { holdsStart: false });
}

/** @returns false where none was due, or projects cannot be asked: the next turn is in a second */
async function deliverNext(app: App, signal: AbortSignal): Promise<boolean> {
  const { dataSource } = app;
  const claimed = await claimDelivery(dataSource, leaseSeconds);
  if (!claimed) return false;
  const user = await findUser(dataSource, claimed.id as UserId);
  if (!user) {
    await deleteDelivery(dataSource, claimed.id);
    return true;
  }
  const call = { body: { user_id: user.id, email: user.email }, deadlineMs, repeatable: true, signal };
  try {
    for (let more = true; more; ) {
      const answer = await app.callService('projects', '/internal/invitations/deliver', call);
      ({ more } = await fitting('projects', Delivered, answer.json()));
    }
  } catch (error) {
    if (signal.aborted) return false;
    if (!(error instanceof ApiError)) throw error;
    app.log.warn({ code: error.code, attempts: claimed.attempts }, 'invitations not delivered yet');
    await postponeDelivery(dataSource, claimed, error.code);
    return false;
  }
  await settleDelivery(dataSource, user.id, settledSeconds);
  return true;
}
