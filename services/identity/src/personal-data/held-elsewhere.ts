import { type ReadableStream, TextDecoderStream } from 'node:stream/web';
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

/** @throws what breaks the stream off: half an export must not look like a whole one */
async function* rowsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<HeldRow> {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as HeldRow;
  }
  if (rest !== '') yield JSON.parse(rest) as HeldRow;
}
