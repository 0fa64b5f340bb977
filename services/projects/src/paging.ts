import { cursorScope, decodeCursor, type PageOf, type PageQuery, pageFrom } from '@hivesync/http';
import type { FastifyRequest } from 'fastify';
import type { Paged, PageRequest } from './keyset.ts';

/**
 * Reads the page of a list that a request asks for.
 * @throws ApiError MALFORMED_CURSOR.
 */
export async function readPage<Row>(
  request: FastifyRequest<{ Querystring: PageQuery }>,
  rowsOf: (page: PageRequest) => Promise<Paged<Row>[]>,
  countOf: () => Promise<number>,
): Promise<PageOf<Paged<Row>> & { total?: number }> {
  const { limit, cursor, include_total } = request.query;
  const scope = cursorScope(request);
  const rows = await rowsOf({ limit, after: decodeCursor(cursor, scope) });
  const page = pageFrom(rows, limit, (row) => ({ sort: row.sort_key, id: row.id }), scope);
  return include_total ? { ...page, total: await countOf() } : page;
}
