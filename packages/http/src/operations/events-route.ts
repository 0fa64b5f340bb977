import type { DataSource } from '@hivesync/database';
import { FeedPageSchema, longPoll, maxPageLength, maxWaitSeconds, OutboxSignal } from '@hivesync/events';
import { Type } from 'typebox';
import type { App } from '../app/app.ts';

const FeedQuery = Type.Object(
  {
    after: Type.Optional(
      Type.String({ maxLength: 64, description: 'Position of the last event that is applied' }),
    ),
    limit: Type.Integer({ default: 200, minimum: 1, maximum: maxPageLength }),
    wait: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: maxWaitSeconds,
      description: 'Seconds to wait for a first event',
    }),
  },
  { additionalProperties: false },
);

/** `GET /internal/events`: this service's outbox for other services, which the hook of `/internal` has verified. */
export function eventsRoute(
  app: App,
  options: { dataSource: DataSource; listenUrl: string | undefined },
): void {
  const { dataSource, listenUrl } = options;
  // Opened by the first reader: an app that only tells its OpenAPI document has no database.
  let signal: OutboxSignal | undefined;
  app.addHook('onClose', async () => signal?.stop());
  app.get(
    '/internal/events',
    {
      schema: {
        operationId: 'readEvents',
        summary: 'Events of this service after a position, in order',
        tags: ['internal'],
        querystring: FeedQuery,
        response: { 200: FeedPageSchema },
      },
    },
    async (request, reply) => {
      const { after = null, limit, wait } = request.query;
      signal ??= OutboxSignal.of(dataSource, { ...(listenUrl && { listenUrl }), logger: app.log });
      const left = new AbortController();
      reply.raw.once('close', () => left.abort());
      return longPoll(
        { dataSource, signal },
        {
          after,
          limit,
          waitSeconds: wait,
          consumer: request.service ?? undefined,
          signal: AbortSignal.any([left.signal, app.lifecycle.closing]),
        },
      );
    },
  );
}
