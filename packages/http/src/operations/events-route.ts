import type { DataSource } from '@hivesync/database';
import {
  epochHeader,
  FeedPageSchema,
  longPoll,
  maxPageLength,
  maxWaitSeconds,
  OutboxSignal,
  pack,
  withEpoch,
} from '@hivesync/events';
import { Gauge } from 'prom-client';
import { Type } from 'typebox';
import type { App } from '../app/app.ts';
import { errorResponses } from '../errors/error-responses.ts';

const FeedQuery = Type.Object(
  {
    after: Type.Optional(
      Type.String({ maxLength: 64, description: 'Position of the last event that is applied' }),
    ),
    limit: Type.Integer({ default: 200, minimum: 1, maximum: maxPageLength, description: 'Events at most' }),
    wait: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: maxWaitSeconds,
      description: 'Seconds to wait for a first event',
    }),
  },
  { additionalProperties: false },
);

const FeedHeaders = Type.Object({
  [epochHeader]: Type.Optional(
    Type.String({
      pattern: '^[0-9a-f]{16}$',
      description:
        'The epoch of `after`, as it came with that event. Not told by a reader of an earlier release',
    }),
  ),
});

/** `GET /internal/events`: this service's outbox for other services, which the hook of `/internal` has verified. */
export function eventsRoute(
  app: App,
  options: { dataSource: DataSource; listenUrl: string | undefined },
): void {
  const { dataSource, listenUrl } = options;
  // Opened by the first reader: an app that only tells its OpenAPI document has no database.
  let signal: OutboxSignal | undefined;
  app.addHook('onClose', async () => signal?.stop());
  new Gauge({
    name: 'event_outbox_listening',
    help: '1 while this process is notified of new events; 0: readers wait for the poll. Absent until one reads',
    registers: [app.metrics],
    collect() {
      if (signal) this.set(Number(signal.listening));
      else this.remove();
    },
  });
  app.get(
    '/internal/events',
    {
      schema: {
        operationId: 'readEvents',
        summary: 'Events of this service after a position, in order',
        tags: ['internal'],
        querystring: FeedQuery,
        headers: FeedHeaders,
        response: { 200: FeedPageSchema, ...errorResponses('FEED_SET_BACK') },
      },
    },
    async (request, reply) => {
      const { after, limit, wait } = request.query;
      signal ??= OutboxSignal.of(dataSource, { ...(listenUrl && { listenUrl }), logger: app.log });
      const left = new AbortController();
      reply.raw.once('close', () => left.abort());
      const page = await longPoll(
        { dataSource, signal },
        {
          after: after === undefined ? null : withEpoch(after, request.headers[epochHeader]),
          limit,
          waitSeconds: wait,
          consumer: request.service ?? undefined,
          signal: AbortSignal.any([left.signal, app.lifecycle.closing]),
        },
      );
      return pack(page);
    },
  );
}
