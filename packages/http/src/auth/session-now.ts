import { type CallService, fitting } from '@hivesync/clients';
import { Closed, IdSchema, Nullable, type SessionId, type UserId, UserRole } from '@hivesync/contracts';
import type { Static } from 'typebox';
import { Compile } from 'typebox/compile';

/** What identity says of a session at this moment, where a token says what was true up to 15 minutes ago. */
export const SessionNow = Closed({
  session: Nullable(Closed({ user_id: IdSchema<UserId>(), role: UserRole })),
});
export type SessionNow = Static<typeof SessionNow>;

const reply = Compile(SessionNow);

/** @throws ApiError UPSTREAM_UNAVAILABLE where identity gives no answer: what cannot be taken back waits for it. */
export async function sessionNow(
  callService: CallService,
  id: SessionId,
  requestId: string,
): Promise<SessionNow['session']> {
  const answer = await callService('identity', `/internal/sessions/${id}`, { requestId });
  return (await fitting('identity', reply, answer.json())).session;
}
