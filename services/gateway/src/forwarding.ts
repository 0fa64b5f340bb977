import replyFrom, { type FastifyReplyFromHooks } from '@fastify/reply-from';
import { isConnectionError, unavailable } from '@hivesync/clients';
import { ApiError, type ServiceName } from '@hivesync/contracts';
import { streamedRequestMs } from '@hivesync/http';
import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify';
import { BodyLimit, bodyTooLarge } from './body-limit.ts';
import { requestHeaders, responseHeaders } from './headers.ts';
import type { PublicRoute } from './public-routes.ts';

export interface ForwardingOptions {
  routes: PublicRoute[];
  /** Where each service listens, e.g. `http://127.0.0.1:8081`. */
  serviceUrls: Partial<Record<ServiceName, string>>;
  /** Milliseconds until a service must have begun to answer, and between two pieces of its answer. */
  deadlineMs: number;
  /** Bytes of a request body. Services set lower limits for their own routes. */
  bodyLimit: number;
  /** Bytes of a body that its service streams to the storage. Default: `bodyLimit`. */
  uploadLimit?: number;
}

/** The services document their routes; the gateway merges what they say. */
const documentedElsewhere: FastifySchema & { hide: true } = { hide: true };

/**
 * One route for each public operation, each handed on to the service that owns it. Bodies stream through both
 * ways; the gateway neither parses nor validates them, the services do. An answer is passed on as it is, a
 * problem document included.
 *
 * Answers of its own: UPSTREAM_UNAVAILABLE where the service gives none, BODY_TOO_LARGE, ROUTE_NOT_FOUND.
 */
export async function forwarding(app: FastifyInstance, options: ForwardingOptions): Promise<void> {
  await app.register(replyFrom, {
    undici: { connections: 128, pipelining: 1, connect: { timeout: 2_000 } },
    disableRequestLogging: true,
    destroyAgent: true,
  });
  app.removeAllContentTypeParsers();
  const { bodyLimit, uploadLimit = bodyLimit } = options;
  const limitOf = ({ routeOptions }: FastifyRequest) =>
    routeOptions.config.streamsBody ? uploadLimit : bodyLimit;
  // Kept aside until it is sent on: hooks that look at `request.body` expect what was parsed, not a stream.
  const bodies = new WeakMap<FastifyRequest, BodyLimit>();
  app.addContentTypeParser('*', (request, payload, done) => {
    const limited = new BodyLimit(limitOf(request));
    payload.on('error', (error: Error) => limited.destroy(error));
    bodies.set(request, payload.pipe(limited));
    done(null);
  });

  for (const { service, method, url, streamsBody = false } of options.routes) {
    const upstream = options.serviceUrls[service];
    const deadlineMs = streamsBody ? streamedRequestMs : options.deadlineMs;
    app.route({
      method,
      url,
      schema: documentedElsewhere,
      config: { streamsBody },
      onRequest: async (request) => {
        refuseDotSegments(request);
        const limit = limitOf(request);
        if (Number(request.headers['content-length']) > limit) throw bodyTooLarge(limit);
      },
      handler: (request, reply) => {
        if (!upstream) throw unavailable(service);
        request.body = bodies.get(request);
        return reply.from(undefined, hooks(service, upstream, deadlineMs, request));
      },
    });
  }
}

function hooks(
  service: ServiceName,
  upstream: string,
  timeout: number,
  request: FastifyRequest,
): FastifyReplyFromHooks {
  return {
    timeout,
    getUpstream: () => upstream,
    rewriteRequestHeaders: (_request, headers) => {
      const kept = requestHeaders(request, headers);
      if (request.body === undefined) {
        // What a GET carries as a body is not read, so it must not be announced either.
        delete kept['content-length'];
        delete kept['content-type'];
      }
      return kept;
    },
    rewriteHeaders: responseHeaders,
    // Nothing was answered yet, so a read may be sent once more.
    retryDelay: ({ err, req, attempt }) =>
      attempt === 0 && req.method === 'GET' && isConnectionError(err) ? 50 : null,
    onError: (reply, { error }) => {
      const refused = causes(error).find((cause) => cause instanceof ApiError);
      reply.send(refused ?? unavailable(service, error));
    },
  };
}

/**
 * The router sees `/api/v1/projects/%2e%2e/tasks` or `x\..\y` as plain parameters, but a URL parser resolves them
 * to another path, so a service could be asked for what no route here allows.
 * @throws ApiError ROUTE_NOT_FOUND
 */
function refuseDotSegments(request: FastifyRequest): void {
  const [path = ''] = request.url.split('?', 1);
  const segments = path.replace(/%2e/gi, '.').split('/');
  if (path.includes('\\') || segments.some((segment) => segment === '.' || segment === '..')) {
    throw new ApiError('ROUTE_NOT_FOUND');
  }
}

function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let cause = error; cause instanceof Error && found.length < 5; cause = cause.cause) found.push(cause);
  return found;
}
