/**
 * `npm run generate`: writes what follows from the code, `npm run generate:check` names what is stale and exits 1.
 * It needs no server: services are built without a database, schemas are read from an embedded one that is
 * migrated from zero and thrown away.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { eventCatalogue } from '@hivesync/contracts';
import { clientOutputs } from './clients.ts';
import { errorCodesPage, eventsPage } from './contract-pages.ts';
import { openApiDocuments } from './documents.ts';
import { type Outputs, stableJson, staleOutputs, writeOutputs } from './outputs.ts';
import { schemaOutputs } from './schemas.ts';

const root = resolve(import.meta.dirname, '../../..');
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const [documents, schemas] = await Promise.all([openApiDocuments(), schemaOutputs()]);
const outputs: Outputs = new Map([
  ...documents.map(([service, document]): [string, string] => [
    `services/${service}/openapi.json`,
    stableJson(document),
  ]),
  ...(await clientOutputs(documents)),
  ...schemas,
  ['docs/error-codes.md', errorCodesPage()],
  ['docs/events.md', eventsPage(eventCatalogue.values())],
]);

const seconds = `${(performance.now() / 1_000).toFixed(1)} s`;
if (values.check) {
  const stale = staleOutputs(root, outputs);
  for (const path of stale) console.error(`stale: ${path}`);
  console.log(`Generated files: ${outputs.size}, of which ${stale.length} stale (${seconds}).`);
  if (stale.length > 0) console.error('Run `npm run generate` and commit what it writes.');
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  const written = writeOutputs(root, outputs);
  for (const path of written) console.log(`wrote ${path}`);
  console.log(`Generated files: ${outputs.size}, of which ${written.length} written (${seconds}).`);
}
