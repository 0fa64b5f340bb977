import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { ServiceName, UserId } from '@hivesync/contracts';
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
  const path = `/internal/users/${id}/export`;
  const answer = await app.callService(service, path, { ...context, deadlineMs, streamed: true });
  if (!answer.body) throw new TypeError(`${service} answered without a body`);
  return rowsOf(answer.body as ReadableStream<Uint8Array>);
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
