import { ApiError } from '@hivesync/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';

const maxVersion = 2_147_483_647;

/** The strong entity tag of a resource's version. */
export function etag(version: number): string {
  return `"${version}"`;
}

/**
 * The version that the caller has seen, from `If-Match`. One strong tag of ours: `*`, weak tags and lists would
 * let a change pass that its author has not looked at.
 * @throws ApiError IF_MATCH_REQUIRED (428), MALFORMED_IF_MATCH (400)
 */
export function ifMatchVersion(request: Pick<FastifyRequest, 'headers'>): number {
  const given = request.headers['if-match'];
  if (given === undefined) throw new ApiError('IF_MATCH_REQUIRED');
  const [, digits] = /^\s*"(\d{1,10})"\s*$/.exec(given) ?? [];
  const version = Number(digits);
  if (digits === undefined || version > maxVersion) throw new ApiError('MALFORMED_IF_MATCH');
  return version;
}

/** The 412 for a resource that has moved on to `version`. */
export function preconditionFailed(version: number): ApiError {
  return new ApiError('PRECONDITION_FAILED', { headers: { etag: etag(version) } });
}

/** Whether the caller already has this version, by `If-None-Match` (RFC 9110 section 13.1.2). */
export function isNotModified(request: Pick<FastifyRequest, 'headers'>, version: number): boolean {
  const given = request.headers['if-none-match'];
  if (given === undefined) return false;
  if (given.trim() === '*') return true;
  return given.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag(version));
}

interface Answer {
  header(name: string, value: string): unknown;
  code(status: 304): unknown;
}

/**
 * Answers a GET of a versioned resource: with its `ETag`, and with 304 and no body where the caller has it.
 * `return versioned(request, reply, task.version, task)`
 */
export function versioned<Body>(
  request: Pick<FastifyRequest, 'headers'>,
  reply: FastifyReply | Answer,
  version: number,
  body: Body,
): Body | undefined {
  reply.header('etag', etag(version));
  if (!isNotModified(request, version)) return body;
  reply.code(304);
  return undefined;
}
