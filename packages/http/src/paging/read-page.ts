import type { FastifyRequest } from 'fastify';
import { type CursorKey, cursorScope, decodeCursor } from './cursor.ts';
import { type PageOf, type PageQuery, pageFrom } from './page.ts';

export interface PageRequest {
  /** Rows of the page, 1 to 200. Repositories fetch one more, which tells whether there is a next page. */
  limit: number;
  after: CursorKey | null;
}

/**
 * A row as it was read for a page: `sort_key` is its place in the order, as PostgreSQL prints it, so that no
 * microsecond is lost. A list in the order of its ids needs none.
 */
export type Paged<Row> = Row & { id: string; sort_key?: string | null };

/**
 * Reads the page of a list that a request asks for, and counts all where it asks for that too.
 * @throws ApiError MALFORMED_CURSOR
 */
export async function readPage<Row extends Paged<object>>(
  request: FastifyRequest<{ Querystring: PageQuery }>,
  rowsOf: (page: PageRequest) => Promise<Row[]>,
  countOf: () => Promise<number>,
): Promise<PageOf<Row> & { total?: number }> {
  const { limit, cursor, include_total } = request.query;
  const scope = cursorScope(request);
  const rows = await rowsOf({ limit, after: decodeCursor(cursor, scope) });
  const page = pageFrom(rows, limit, ({ sort_key: sort = null, id }) => ({ sort, id }), scope);
  return include_total ? { ...page, total: await countOf() } : page;
}
