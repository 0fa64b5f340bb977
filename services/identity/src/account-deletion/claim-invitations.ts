import type { UserId } from '@hivesync/contracts';
import type { App } from '@hivesync/http';

/** Milliseconds. */
const deadlineMs = 5_000;

/**
 * Has projects note which invitations are this person's: those from before they registered are known there by the
 * address alone, which nobody can tell once it is forgotten here.
 * @throws ApiError UPSTREAM_UNAVAILABLE where projects gives no answer in time
 */
export async function claimInvitations(
  app: App,
  person: { id: UserId; email: string },
  requestId: string,
): Promise<void> {
  await app.callService('projects', '/internal/invitations/claim', {
    body: { user_id: person.id, email: person.email },
    requestId,
    deadlineMs,
    repeatable: true,
  });
}
