import { ApiError, type UserId } from '@hivesync/contracts';
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
  try {
    const base = app.config.SERVICE_URLS.projects;
    if (base === undefined) throw new Error('SERVICE_URLS does not name projects');
    const answer = await fetch(new URL('/internal/invitations/claim', base), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await app.serviceTokens('projects')}`,
        'content-type': 'application/json',
        'x-request-id': requestId,
      },
      body: JSON.stringify({ user_id: person.id, email: person.email }),
      redirect: 'error',
      signal: AbortSignal.timeout(deadlineMs),
    });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`projects answered ${answer.status}`);
  } catch (cause) {
    throw new ApiError('UPSTREAM_UNAVAILABLE', {
      detail: 'The projects service is not reachable.',
      headers: { 'retry-after': '2' },
      cause,
    });
  }
}
