import type { ServiceName } from '@hivesync/contracts';
import { Compile } from 'typebox/compile';
import { type EventSource, type FeedPage, FeedPageSchema, type ReadOptions } from '../feed-page.ts';

export type FeedFailure = 'unreachable' | 'timeout' | 'refused' | 'restarted' | 'malformed';

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
 * and 5 s. Rejects with {@link FeedError}, or with the signal's reason when that aborts.
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
          headers: { accept: 'application/json', authorization: `Bearer ${await token()}` },
          redirect: 'error',
          signal: AbortSignal.any([options.signal, deadline]),
        });
        if (!response.ok) {
          await response.body?.cancel();
          throw new FeedError(service, response.status === 409 ? 'restarted' : 'refused', {
            status: response.status,
            retryAfterSeconds: retryAfter(response),
          });
        }
        return checked(service, await response.text());
      } catch (error) {
        options.signal.throwIfAborted();
        if (error instanceof FeedError) throw error;
        throw new FeedError(service, deadline.aborted ? 'timeout' : 'unreachable', { cause: error });
      }
    },
  };
}

function feedUrl(baseUrl: string, after: string | null, { limit, waitSeconds }: ReadOptions): URL {
  const url = new URL('/internal/events', baseUrl);
  if (after !== null) url.searchParams.set('after', after);
  url.searchParams.set('limit', String(limit));
  url.searchParams.set('wait', String(waitSeconds));
  return url;
}

function checked(service: ServiceName, body: string): FeedPage {
  try {
    return page.Parse(JSON.parse(body));
  } catch (cause) {
    throw new FeedError(service, 'malformed', { cause });
  }
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 300) : undefined;
}
