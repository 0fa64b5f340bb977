import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { ApiError, type ServiceName, type UserId } from '@hivesync/contracts';
import type { HeldRow } from '@hivesync/database';
import type { App } from '@hivesync/http';

/** Milliseconds until a service must have begun to answer. */
const deadlineMs = 5_000;

/**
 * What another service holds on a user, as it sends it.
 * @param signal ends the reading, e.g. when the person has gone away
 * @throws ApiError UPSTREAM_UNAVAILABLE where it does not begin to answer
 */
export async function heldElsewhere(
  app: App,
  service: ServiceName,
  id: UserId,
  context: { requestId: string; signal: AbortSignal },
): Promise<AsyncIterable<HeldRow>> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), deadlineMs);
  try {
    const base = app.config.SERVICE_URLS[service];
    if (base === undefined) throw new Error(`SERVICE_URLS does not name ${service}`);
    const answer = await fetch(new URL(`/internal/users/${id}/export`, base), {
      headers: {
        authorization: `Bearer ${await app.serviceTokens(service)}`,
        'x-request-id': context.requestId,
      },
      redirect: 'error',
      signal: AbortSignal.any([late.signal, context.signal]),
    });
    if (!answer.ok || !answer.body) throw new Error(`${service} answered ${answer.status}`);
    return rowsOf(answer.body as ReadableStream<Uint8Array>);
  } catch (cause) {
    throw new ApiError('UPSTREAM_UNAVAILABLE', {
      detail: `The ${service} service is not reachable.`,
      headers: { 'retry-after': '2' },
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function* rowsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<HeldRow> {
  const source = Readable.fromWeb(body);
  let failure: Error | undefined;
  source.once('error', (error) => {
    failure = error;
  });
  for await (const line of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    yield JSON.parse(line) as HeldRow;
  }
  // An interface over a broken stream just ends: half an export must not look like a whole one.
  if (failure) throw failure;
}
