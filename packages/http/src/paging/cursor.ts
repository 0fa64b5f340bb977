import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ApiError } from '@hivesync/contracts';
import type { FastifyRequest } from 'fastify';
import { userOf } from '../auth/authentication.ts';

/**
 * Where a page begins: sort key and id of the last row before it. The key is text as PostgreSQL prints it (a
 * Date would lose microseconds), or null where the column is.
 */
export interface CursorKey {
  sort: string | null;
  id: string;
}

/** One list as one caller sees it under one filter: what a cursor is bound to. Made by {@link cursorScope}. */
export interface CursorScope {
  readonly key: Buffer;
}

const tagBytes = 16;

/**
 * The scope of a list request: its route, path parameters, caller, and every query parameter except those of
 * paging itself. So a cursor fits only the list, filter and person that it was given out for.
 */
export function cursorScope(request: FastifyRequest): CursorScope {
  const {
    limit: _limit,
    cursor: _cursor,
    include_total: _total,
    ...filter
  } = { ...parameters(request.query) };
  const bound = [
    request.routeOptions.url ?? '',
    userOf(request)?.id ?? '',
    sorted(parameters(request.params)),
    sorted(filter),
  ];
  const digest = createHash('sha256').update(JSON.stringify(bound)).digest();
  return { key: createHmac('sha256', request.server.cursorSecret).update(digest).digest() };
}

/** An opaque cursor, authenticated for its scope. */
export function encodeCursor({ sort, id }: CursorKey, scope: CursorScope): string {
  const payload = Buffer.from(JSON.stringify([sort, id]));
  return Buffer.concat([tagOf(payload, scope), payload]).toString('base64url');
}

/**
 * Reads a cursor that this list gave out; null where there is none, which is the first page.
 * @throws ApiError MALFORMED_CURSOR for one that was altered, or comes from another list, filter or caller.
 */
export function decodeCursor(cursor: string | undefined, scope: CursorScope): CursorKey | null {
  if (cursor === undefined) return null;
  const bytes = Buffer.from(cursor, 'base64url');
  const [tag, payload] = [bytes.subarray(0, tagBytes), bytes.subarray(tagBytes)];
  // Base64 has several spellings of the same bytes; only our own is taken.
  const intact = tag.length === tagBytes && bytes.toString('base64url') === cursor;
  if (!intact || !timingSafeEqual(tag, tagOf(payload, scope))) throw new ApiError('MALFORMED_CURSOR');
  const [sort, id]: [string | null, string] = JSON.parse(payload.toString());
  return { sort, id };
}

const tagOf = (payload: Buffer, { key }: CursorScope): Buffer =>
  createHmac('sha256', key).update(payload).digest().subarray(0, tagBytes);

const parameters = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const sorted = (record: Record<string, unknown>): [string, unknown][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
