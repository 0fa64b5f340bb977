import type { ServiceDatabase } from '../service-database.ts';
import { ownerRole } from '../service-database.ts';
import { type CatalogSource, readCatalog } from './catalog.ts';
import { schemaReport } from './report.ts';

/**
 * What of a service's schema is not as its committed report (`schema.md`) says: tables, columns, keys, checks, valid
 * indexes, triggers, grants, enum types, functions by their source, default privileges. Besides, what the report does
 * not show: indexes that are not valid, and objects that are somebody else's than the owner's.
 * @returns one sentence for each difference; nothing where the schema is in order
 */
export async function verifySchema(
  source: CatalogSource,
  database: ServiceDatabase,
  expected: string,
): Promise<string[]> {
  const actual = await schemaReport(source, database);
  const wanted = linesOf(expected);
  const found = linesOf(actual);
  return [
    ...without(wanted, found).map((line) => `missing: ${line}`),
    ...without(found, wanted).map((line) => `not expected: ${line}`),
    ...(await brokenObjects(source, database)),
  ];
}

/** The lines of a report, each with the heading that it stands under. */
function linesOf(report: string): string[] {
  const lines: string[] = [];
  let heading = '';
  for (const line of report.split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ |`/g, '');
    // What a table's comment or a heading says is a line as well; a list's own title is not.
    if (line !== '' && !line.endsWith(':') && !/^\|( ---)/.test(line)) lines.push(`${heading}: ${line}`);
  }
  return lines;
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Set(others);
  return lines.filter((line) => !left.has(line));
}

async function brokenObjects(source: CatalogSource, { service }: ServiceDatabase): Promise<string[]> {
  const rows = await readCatalog(source, service, (read) =>
    read<{ what: string }>(
      `select 'index ' || c.relname || ' is not valid: drop it and make it again' as what
         from pg_index i
         join pg_class c on c.oid = i.indexrelid
        where c.relnamespace = $1::regnamespace
          and not (i.indisvalid and i.indisready)
        union all
       select 'constraint ' || k.conname || ' is not validated'
         from pg_constraint k
        where k.connamespace = $1::regnamespace
          and not k.convalidated
        union all
       select 'relation ' || c.relname || ' belongs to ' || c.relowner::regrole || ', not to ' || $2
         from pg_class c
        where c.relnamespace = $1::regnamespace
          and c.relkind in ('r', 'p', 'v', 'm', 'S')
          and c.relowner::regrole::text <> $2
        union all
       select 'function ' || p.proname || ' belongs to ' || p.proowner::regrole || ', not to ' || $2
         from pg_proc p
        where p.pronamespace = $1::regnamespace
          and p.proowner::regrole::text <> $2
        order by 1`,
      [service, ownerRole(service)],
    ),
  );
  return rows.map(({ what }) => what);
}
