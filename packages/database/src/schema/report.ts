import type { ServiceDatabase } from '../service-database.ts';
import { type CatalogSource, readCatalog } from './catalog.ts';

/** The schema of a service as Markdown, for `schema.md`: the same text for the same schema, whatever the server. */
export async function schemaReport(source: CatalogSource, database: ServiceDatabase): Promise<string> {
  return readCatalog(source, async () => `# Schema \`${database.service}\`\n`);
}
