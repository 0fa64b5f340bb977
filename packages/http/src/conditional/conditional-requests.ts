import { ApiError } from '@hivesync/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { answerTag, parseTags, tagOfSame } from './entity-tag.ts';
import { IfMatch, type Precondition } from './if-match.ts';

const reads = new Set(['GET', 'HEAD']);
const preconditions = new WeakMap<FastifyRequest, IfMatch>();

/**
 * Conditional requests (RFC 9110 section 13), for every route: those that are `versioned` answer with the tag of
 * their answer, and a read of them with 304 where the caller has it. Those that write and compare what the caller
 * names say so with `ifMatch` and ask `request.ifMatch`; on all others a precondition is refused, never passed over.
 * Register it before any route.
 */
export function conditionalRequests(app: FastifyInstance): void {
  app.decorateRequest('ifMatch', {
    getter(this: FastifyRequest): Precondition {
      return ifMatchOf(this);
    },
  });
  app.addHook('onRoute', refuseUntagged);
  app.addHook('preHandler', async (request) => demandAnswerable(request));
  app.addHook('onSend', async (request, reply, payload) => {
    const { config, url, method } = request.routeOptions;
    if (reply.statusCode >= 300) return payload;
    if (config.ifMatch && ifMatchOf(request).ignored) {
      throw new TypeError(`${String(method)} ${url} says that it reads If-Match, and did not`);
    }
    return config.versioned ? tagged(request, reply, payload) : payload;
  });
}

function ifMatchOf(request: FastifyRequest): IfMatch {
  const known = preconditions.get(request) ?? new IfMatch(given(request, 'if-match'));
  preconditions.set(request, known);
  return known;
}

/** A route that answers with tags answers with a version to make them of: found at boot. */
function refuseUntagged({ method, url, config, schema }: RouteOptions): void {
  if (!config?.versioned) return;
  const answers = Object.entries((schema?.response ?? {}) as Record<string, object>);
  const good = answers.filter(([status]) => status === '200' || status === '201');
  const untagged = good.some(
    ([, answer]) => !('properties' in answer && 'version' in (answer.properties as object)),
  );
  if (good.length === 0 || untagged) {
    throw new TypeError(`${String(method)} ${url} is versioned, and its answer has no version`);
  }
}

/** @throws ApiError MALFORMED_IF_MATCH, IF_MATCH_REQUIRED, PRECONDITION_UNSUPPORTED */
function demandAnswerable(request: FastifyRequest): void {
  if (request.is404) return;
  const { ifMatch, versioned } = request.routeOptions.config;
  const { 'if-match': wanted, 'if-none-match': unwanted } = request.headers;
  const read = reads.has(request.method);
  if (wanted !== undefined && !(ifMatch || (read && versioned)))
    throw new ApiError('PRECONDITION_UNSUPPORTED');
  if (unwanted !== undefined && !read) throw new ApiError('PRECONDITION_UNSUPPORTED');
  if (wanted === undefined && ifMatch === 'required') throw new ApiError('IF_MATCH_REQUIRED');
}

/** In the order of RFC 9110 section 13.2.2: `If-Match`, then `If-None-Match`. */
function tagged(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  if (typeof payload !== 'string') throw new TypeError('A versioned answer is JSON');
  const { version } = JSON.parse(payload) as { version: number };
  const tag = answerTag(version, payload);
  const read = reads.has(request.method);
  if (read) request.ifMatch.require(version);
  reply.header('etag', tag);
  if (!read) return payload;
  const same = heldByCaller(request, tag);
  if (same === null) return payload;
  reply.code(304).header('etag', same).removeHeader('content-type');
  // Of a HEAD, Fastify takes the length that the answer would have.
  return request.method === 'HEAD' ? payload : null;
}

/** The tag by which the caller has the answer with this one, from `If-None-Match`; null where they have another. */
export function heldByCaller(request: FastifyRequest, tag: string): string | null {
  const tags = given(request, 'if-none-match');
  return tags && tagOfSame(tags, tag);
}

/**
 * The tags in a header; null without it. A malformed `If-None-Match` counts as absent: it asks for the answer then.
 * @throws ApiError MALFORMED_IF_MATCH
 */
function given(request: FastifyRequest, name: 'if-match' | 'if-none-match') {
  const header = request.headers[name];
  if (header === undefined) return null;
  const tags = parseTags(header);
  if (tags === null && name === 'if-match') throw new ApiError('MALFORMED_IF_MATCH');
  return tags;
}
