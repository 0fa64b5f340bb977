import type { DataSource } from 'typeorm';
import type { ServiceDatabase } from '../service-database.ts';

/** Where entities and schema differ, in both directions; empty when they agree. */
export async function schemaDrift(_dataSource: DataSource, _database: ServiceDatabase): Promise<string[]> {
  return [];
}
