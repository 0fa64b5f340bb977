import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ServiceDatabase } from '../service-database.ts';

/**
 * The `database` that a built service exports.
 * @throws Error where the folder is not that of a built service.
 */
export async function loadDatabase(folder: string): Promise<ServiceDatabase> {
  const path = join(folder, 'dist/database/data-source.js');
  if (!existsSync(path)) {
    throw new Error(`${path} does not exist: run this in a service's folder, after npx turbo run build`);
  }
  const module: { database?: ServiceDatabase } = await import(pathToFileURL(path).href);
  if (!module.database) throw new Error(`${path} does not export "database"`);
  return module.database;
}
