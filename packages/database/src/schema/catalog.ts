import { Client, type ClientBase } from 'pg';
import { DataSource, EntityManager } from 'typeorm';
import { query } from '../query.ts';

/** Where to read the catalogue: a URL, a connected client, or TypeORM's. */
export type CatalogSource = string | ClientBase | DataSource | EntityManager;

/** Reads the catalogue through one connection; a URL is connected to and left again. */
export async function readCatalog<T>(
  source: CatalogSource,
  work: (read: CatalogReader) => Promise<T>,
): Promise<T> {
  if (source instanceof DataSource || source instanceof EntityManager) {
    return work((sql, parameters) => query(source, sql, parameters));
  }
  if (typeof source !== 'string') {
    return work(async (sql, parameters) => (await source.query(sql, parameters)).rows);
  }
  const client = new Client({ connectionString: source });
  await client.connect();
  try {
    return await work(async (sql, parameters) => (await client.query(sql, parameters)).rows);
  } finally {
    await client.end();
  }
}

export type CatalogReader = <Row extends object>(sql: string, parameters: unknown[]) => Promise<Row[]>;
