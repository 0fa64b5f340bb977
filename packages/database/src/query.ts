import type { DataSource, EntityManager } from 'typeorm';

/**
 * Runs one SQL statement and gives its rows, whatever it is: TypeORM answers `[rows, count]` for an update or
 * delete and the rows for all else. `Row` is the caller's claim; the statement and it belong side by side.
 * @throws QueryFailedError of TypeORM; its `driverError` carries the SQLSTATE.
 */
export async function query<Row extends object>(
  source: DataSource | EntityManager,
  sql: string,
  parameters: unknown[] = [],
): Promise<Row[]> {
  const answer: unknown = await source.query(sql, parameters);
  if (!Array.isArray(answer)) return [];
  const [first, second]: unknown[] = answer;
  return (
    Array.isArray(first) && answer.length === 2 && typeof second === 'number' ? first : answer
  ) as Row[];
}

/** Quotes an identifier of SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a string constant of SQL, for statements that take no parameters (DDL). */
export function literal(value: string): string {
  if (value.includes('\\')) throw new Error('a string constant in DDL must not hold a backslash');
  return `'${value.replaceAll("'", "''")}'`;
}
