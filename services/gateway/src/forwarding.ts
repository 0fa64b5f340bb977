import { pipeline, type Readable } from 'node:stream';
import { normalizeIP } from '@fastify/rate-limit';
import { unavailable } from '@hivesync/clients';
import { ApiError, type ServiceName } from '@hivesync/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { BodyIntake, bodyTooLarge } from './body-intake.ts';
import { aheadBytes, Download } from './download.ts';
import type { ForwardingLimits } from './forwarding-limits.ts';
import { requestHeaders, responseHeaders } from './headers.ts';
import type { PaceOptions } from './pace.ts';
import type { PublicRoute } from './public-routes.ts';
import { type Share, Shares } from './shares.ts';
import { Upload } from './upload.ts';
import { Upstream, type UpstreamAnswer, type UpstreamRequest } from './upstream.ts';

export interface ForwardingOptions extends ForwardingLimits {
  routes: PublicRoute[];
  /** Where each service listens, e.g. `http://127.0.0.1:8081`. */
  serviceUrls: Partial<Record<ServiceName, string>>;
  /** Who calls, as a verified token says; null for a stranger. Default: all are strangers. */
  personOf?: (request: FastifyRequest) => Promise<string | null>;
}

/** What is under way, for metrics. */
export interface Traffic {
  upstreams: ReadonlyMap<ServiceName, Upstream>;
  intake: BodyIntake;
  shares: Shares;
}

/** The services document their routes; the gateway merges what they say. */
const documentedElsewhere: FastifySchema & { hide: true } = { hide: true };

/**
 * One route for each public operation, each handed on to the service that owns it. The gateway neither parses nor
 * validates bodies, the services do. Ordinary ones are received whole before the service is asked, files stream. An
 * answer is passed on as it is, a problem document included.
 *
 * Answers of its own: UPSTREAM_UNAVAILABLE where the service gives none, OVERLOADED, TOO_MANY_AT_ONCE,
 * BODY_TOO_LARGE, REQUEST_TIMEOUT, ROUTE_NOT_FOUND.
 */
export async function forwarding(app: FastifyInstance, options: ForwardingOptions): Promise<Traffic> {
  const { bodyLimit, uploadLimit, pace, personOf = async () => null } = options;
  const intake = new BodyIntake(options.bodies);
  const shares = new Shares();
  const upstreams = new Map<ServiceName, Upstream>();
  for (const [service, url] of Object.entries(options.serviceUrls) as [ServiceName, string][]) {
    upstreams.set(service, new Upstream({ ...options, url }));
  }
  app.addHook('onClose', async () => {
    await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
  });
  // Bodies are read where they are handed on.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  const callerOf = async (request: FastifyRequest) => (await personOf(request)) ?? addressOf(request);

  const ordinary = async (upstream: Upstream, request: FastifyRequest, left: AbortSignal) => {
    const hasBody = !bodyless.has(request.method);
    using body = hasBody ? await intake.receive(request.raw, bodyLimit, await callerOf(request)) : null;
    const bytes = body && body.bytes.length > 0 ? body.bytes : null;
    return upstream.call(upstreamRequest(request, hasBody), bytes, left);
  };
  const streamed = async (upstream: Upstream, request: FastifyRequest, left: AbortSignal) => {
    const hasBody = !bodyless.has(request.method);
    const open = () => (hasBody ? new Upload(request.raw, uploadLimit, pace) : null);
    return upstream.stream(upstreamRequest(request, hasBody), open, left);
  };
  /** Whose place a request takes, and how many there are. */
  const sharesOf = async (request: FastifyRequest, streams: boolean): Promise<Share[]> => {
    const { most } = options;
    if (!streams) return [[`calls of ${await callerOf(request)}`, most.calls]];
    const held: Share[] = [[`streams of ${addressOf(request)}`, most.streamsOfAddress]];
    const person = await personOf(request);
    if (person) held.push([`streams of ${person}`, most.streamsOfPerson]);
    const [path, grant] = request.url.split('?', 2);
    if (grant) held.push([`grant ${request.method} ${path}`, most.streamsOfGrant]);
    return held;
  };

  for (const { service, method, url, streamsBody = false, streamsAnswer = false } of options.routes) {
    const upstream = upstreams.get(service);
    const streams = streamsBody || streamsAnswer;
    const limit = streamsBody ? uploadLimit : bodyLimit;
    app.route({
      method,
      url,
      schema: documentedElsewhere,
      config: { streamsBody },
      onRequest: async (request) => {
        refuseDotSegments(request);
        if (Number(request.headers['content-length']) > limit) throw bodyTooLarge(limit);
      },
      handler: async (request, reply) => {
        if (!upstream) throw unavailable(service);
        const left = new AbortController();
        const give = shares.take(...(await sharesOf(request, streams)));
        const leave = () => {
          give();
          left.abort(new ApiError('VALIDATION_FAILED', { detail: 'The client has left.' }));
        };
        reply.raw.once('close', leave);
        // Who left before this moment, while their token was looked at, tells nobody any more.
        if (reply.raw.destroyed || request.raw.socket.destroyed) leave();
        try {
          left.signal.throwIfAborted();
          const send = streams ? streamed : ordinary;
          return passOn(reply, await send(upstream, request, left.signal), pace, streams);
        } catch (error) {
          throw error instanceof ApiError ? error : unavailable(service, error);
        }
      },
    });
  }
  return { upstreams, intake, shares };
}

/** Whose bodies are not read (RFC 9110, section 9.3): they are not passed on, nor what announces them. */
const bodyless = new Set(['GET', 'HEAD']);

function upstreamRequest(request: FastifyRequest, hasBody: boolean): UpstreamRequest {
  const headers = requestHeaders(request);
  if (!hasBody) {
    delete headers['content-length'];
    delete headers['content-type'];
  }
  return { method: request.method as UpstreamRequest['method'], path: request.url, headers };
}

function passOn(reply: FastifyReply, answer: UpstreamAnswer, pace: PaceOptions, streams: boolean) {
  reply.code(answer.statusCode).headers(responseHeaders(answer.headers));
  const download = new Download(pace, streams ? undefined : aheadBytes);
  // What breaks off on either side ends the other; Fastify hears of it from the stream that it sends.
  const body: Readable = pipeline(answer.body, download, () => undefined);
  return reply.send(body);
}

/** IPv6 clients have a network of addresses each. */
const addressOf = ({ ip }: FastifyRequest): string => normalizeIP(ip, 64);

/**
 * The router sees `/api/v1/projects/%2e%2e/tasks` or `x\..\y` as plain parameters, but a URL parser resolves them
 * to another path, so a service could be asked for what no route here allows.
 * @throws ApiError ROUTE_NOT_FOUND
 */
function refuseDotSegments(request: FastifyRequest): void {
  const [path = ''] = request.url.split('?', 1);
  const segments = path.replace(/%2e/gi, '.').replace(/%2f/gi, '/').split('/');
  if (/\\|%5c/i.test(path) || segments.some((segment) => segment === '.' || segment === '..')) {
    throw new ApiError('ROUTE_NOT_FOUND');
  }
}
