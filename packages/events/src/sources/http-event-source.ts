import type { ServiceName } from '@hivesync/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import {
  type EventSource,
  epochHeader,
  type FeedPage,
  FeedPageSchema,
  type ReadOptions,
  unpack,
} from '../feed-page.ts';
import { parsePosition, splitPosition } from '../position.ts';
import { FeedSetBackError } from '../set-back.ts';

export type FeedFailure = 'unreachable' | 'timeout' | 'refused' | 'malformed';

/** A feed could not be read. The consumer backs off and reads again; nothing is skipped. */
export class FeedError extends Error {
  readonly service: ServiceName;
  readonly failure: FeedFailure;
  readonly status: number | undefined;
  /** As the feed asked by Retry-After. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    service: ServiceName,
    failure: FeedFailure,
    details: { status?: number; retryAfterSeconds?: number | undefined; cause?: unknown } = {},
  ) {
    super(`The feed of ${service} is ${failure}${details.status ? ` (${details.status})` : ''}`, {
      cause: details.cause,
    });
    this.name = 'FeedError';
    this.service = service;
    this.failure = failure;
    this.status = details.status;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** How long an answer may take beyond the wait that was asked for, its body included. */
const graceSeconds = 5;
const page = Compile(FeedPageSchema);

/**
 * Reads `GET <baseUrl>/internal/events` of a service with a service token. Every read ends within its wait
 * and 5 s. Rejects with {@link FeedError}, with {@link FeedSetBackError}, or with the signal's reason when that aborts.
 */
export function httpEventSource(
  service: ServiceName,
  baseUrl: string,
  token: () => Promise<string>,
): EventSource {
  return {
    service,
    read: async (after, options) => {
      const deadline = AbortSignal.timeout((options.waitSeconds + graceSeconds) * 1_000);
      try {
        const response = await fetch(feedUrl(baseUrl, after, options), {
          headers: {
            accept: 'application/json',
            authorization: `Bearer ${await token()}`,
            ...epochOf(after),
          },
          redirect: 'error',
          signal: AbortSignal.any([options.signal, deadline]),
        });
        if (!response.ok) {
          if (response.status === 409) throwIfSetBack(await response.text());
          else await response.body?.cancel();
          throw new FeedError(service, 'refused', {
            status: response.status,
            retryAfterSeconds: retryAfter(response),
          });
        }
        return checked(service, await response.text());
      } catch (error) {
        options.signal.throwIfAborted();
        if (error instanceof FeedError || error instanceof FeedSetBackError) throw error;
        throw new FeedError(service, deadline.aborted ? 'timeout' : 'unreachable', { cause: error });
      }
    },
  };
}

function feedUrl(baseUrl: string, after: string | null, { limit, waitSeconds }: ReadOptions): URL {
  const url = new URL('/internal/events', baseUrl);
  if (after !== null) url.searchParams.set('after', splitPosition(after).place);
  url.searchParams.set('limit', String(limit));
  url.searchParams.set('wait', String(waitSeconds));
  return url;
}

function epochOf(after: string | null): Record<string, string> {
  const { epoch } = splitPosition(after ?? '');
  return epoch === null ? {} : { [epochHeader]: epoch };
}

const refusal = Compile(
  Type.Object({
    code: Type.Literal('FEED_SET_BACK'),
    rewind_to: Type.Union([Type.String(), Type.Null()]),
  }),
);

/** @throws FeedSetBackError where the answer says so; any other refusal is the caller's. */
function throwIfSetBack(body: string): void {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return;
  }
  if (!refusal.Check(answer)) return;
  if (answer.rewind_to !== null) parsePosition(answer.rewind_to);
  throw new FeedSetBackError(answer.rewind_to);
}

function checked(service: ServiceName, body: string): FeedPage {
  try {
    const read = unpack(page.Parse(JSON.parse(body)));
    for (const { position } of read.items) parsePosition(position);
    return read;
  } catch (cause) {
    throw new FeedError(service, 'malformed', { cause });
  }
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 300) : undefined;
}
