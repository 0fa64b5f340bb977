import { Client, type ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { query } from '../query.ts';

/** Where to read the catalogue: a URL, a connected client outside of a transaction, or a data source. */
export type CatalogSource = string | ClientBase | DataSource;

export type CatalogReader = <Row extends object>(sql: string, parameters?: unknown[]) => Promise<Row[]>;

/**
 * Reads the catalogue in one read-only snapshot with `<schema>, public` as search path, because PostgreSQL prints
 * definitions according to what the reader sees unqualified.
 */
export async function readCatalog<T>(
  source: CatalogSource,
  schema: string,
  work: (read: CatalogReader) => Promise<T>,
): Promise<T> {
  const setPath = `select set_config('search_path', quote_ident($1) || ', public', true)`;
  if (source instanceof DataSource) {
    return source.transaction('REPEATABLE READ', async (tx) => {
      await query(tx, setPath, [schema]);
      return work((sql, parameters = []) => query(tx, sql, parameters));
    });
  }
  if (typeof source === 'string') {
    const client = new Client({ connectionString: source });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await readCatalog(client, schema, work);
    } finally {
      await client.end();
    }
  }
  await source.query('begin isolation level repeatable read read only');
  try {
    await source.query(setPath, [schema]);
    return await work(async (sql, parameters = []) => (await source.query(sql, parameters)).rows);
  } finally {
    await source.query('rollback');
  }
}
