import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createDataSource,
  type DataSource,
  readTables,
  referenceDeclarations,
  type ServiceDatabase,
  schemaReport,
} from '@hivesync/database';
import { startEmbedded } from '@hivesync/database/embedded';
import { databases, prepareDatabases } from '@hivesync/local';
import { catalogueForeignKeys, catalogueTable } from './catalogue.ts';
import { ownershipPage, readOwnership, type ServiceOwnership } from './data-ownership.ts';
import { type ErdService, serviceErd, wholeErd } from './erd.ts';
import type { Outputs } from './outputs.ts';

/** `schema.md` and the ERD of each service and of the whole, and who owns which table, from schemas that are migrated from zero. */
export async function schemaOutputs(): Promise<Outputs> {
  const folder = await mkdtemp(join(tmpdir(), 'hivesync-generate-'));
  const server = await startEmbedded({ dataDir: join(folder, 'postgres'), durable: false });
  try {
    const url = await prepareDatabases(server.url, 'for this run only');
    const outputs: Outputs = new Map();
    const erds: ErdService[] = [];
    const owners: ServiceOwnership[] = [];
    for (const database of Object.values(databases)) {
      const { service } = database;
      const source = await createDataSource(database, url, { poolSize: 2 }).initialize();
      try {
        outputs.set(`services/${service}/schema.md`, await schemaReport(source, database));
        const erd = await readErd(source, database);
        erds.push(erd);
        owners.push(await readOwnership(source, database));
        outputs.set(`docs/erd/${service}.md`, serviceErd(erd));
      } finally {
        await source.destroy();
      }
    }
    outputs.set('docs/erd/README.md', wholeErd(erds));
    outputs.set('docs/data-ownership.md', ownershipPage(owners));
    return outputs;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the ERD of a service is drawn from: its migrated database and the declarations on its entities. */
export async function readErd(source: DataSource, database: ServiceDatabase): Promise<ErdService> {
  const { service } = database;
  const tables = await readTables(source, service);
  return {
    service,
    tables: tables.map(catalogueTable),
    foreignKeys: tables.flatMap(catalogueForeignKeys),
    references: referenceDeclarations(database),
  };
}
