import type { AggregateName, ServiceName } from '@hivesync/contracts';
import { platformTableNames } from '@hivesync/database';
import type { CatalogueColumn, CatalogueForeignKey, CatalogueTable } from './catalogue.ts';
import { homes } from './homes.ts';

/** A declared reference to another service's aggregate, as `referenceDeclarations()` tells it. */
export interface ErdReference {
  table: string;
  column: string;
  refTable: string;
  aggregate: AggregateName;
  onDelete: string;
}

export interface ErdService {
  service: ServiceName;
  tables: CatalogueTable[];
  foreignKeys: CatalogueForeignKey[];
  references: ErdReference[];
}

/**
 * The page of one service: its tables with all columns, its foreign keys as solid lines, and dashed lines
 * where a reference table stands for rows of another service.
 */
export function serviceErd(erd: ErdService): string {
  const lines = ['erDiagram'];
  for (const table of erd.tables) lines.push(...entity(table.name, table.columns));
  const homesSeen = new Map<string, Set<AggregateName>>();
  for (const { refTable, aggregate } of erd.references) {
    homesSeen.set(refTable, (homesSeen.get(refTable) ?? new Set()).add(aggregate));
  }
  for (const [refTable, aggregates] of homesSeen) {
    for (const aggregate of aggregates) {
      const home = homes[aggregate];
      lines.push(`  "${home.service}.${home.table}" ||..o| ${refTable} : "known here as"`);
    }
  }
  for (const key of erd.foreignKeys) lines.push(edge(key.refTable, key.table, '--', key, label(key)));

  const policies = erd.references.map(
    ({ table, column, aggregate, onDelete }) => `| ${table}.${column} | ${aggregate} | ${onDelete} |`,
  );
  return page(`ERD: ${erd.service}`, [
    'Solid lines are foreign keys. Dashed lines cross a service’s border: the row is known here by its id, in a reference table, and is kept in step by events.',
    diagram(lines),
    ...(policies.length === 0
      ? []
      : [
          'What happens here when the row of another service is deleted:',
          ['| column | refers to | on delete |', '| --- | --- | --- |', ...policies].join('\n'),
        ]),
  ]);
}

/**
 * The page of all services: keys only. Reference tables are left out; a dashed line leads from the owner’s table
 * straight to the column that refers to it.
 */
export function wholeErd(services: ErdService[]): string {
  const lines = ['erDiagram'];
  for (const { service, tables, references } of services) {
    const left = new Set([...platformTableNames, ...references.map(({ refTable }) => refTable)]);
    for (const table of tables) {
      if (left.has(table.name)) continue;
      const keys = table.columns.filter(({ primaryKey, foreignKey }) => primaryKey || foreignKey);
      lines.push(...entity(`${service}.${table.name}`, keys));
    }
  }
  for (const { service, foreignKeys, references } of services) {
    const declared = new Map(
      references.map((reference) => [`${reference.table}.${reference.column}`, reference]),
    );
    const refTables = new Set(references.map(({ refTable }) => refTable));
    for (const key of foreignKeys) {
      const own = `${service}.${key.table}`;
      if (!refTables.has(key.refTable)) {
        lines.push(edge(`${service}.${key.refTable}`, own, '--', key, label(key)));
        continue;
      }
      for (const column of key.columns) {
        const reference = declared.get(`${key.table}.${column}`);
        if (!reference) continue;
        const home = homes[reference.aggregate];
        lines.push(
          edge(`${home.service}.${home.table}`, own, '..', key, `${column} (${reference.onDelete})`),
        );
      }
    }
  }
  return page('ERD: the whole', [
    'Keys only; [each service’s page](./) has every column. Solid lines are foreign keys, dashed lines cross a service’s border (in parentheses: what happens when the row they point at is deleted). The tables of the platform that every schema has (outbox, cursors, idempotency keys and the like) are left out.',
    diagram(lines),
  ]);
}

function entity(name: string, columns: CatalogueColumn[]): string[] {
  const attributes = columns.map(({ type, name: column, ...is }) => {
    const keys = [is.primaryKey && 'PK', is.foreignKey && 'FK', is.unique && 'UK'].filter(Boolean);
    return `    ${type} ${column}${keys.length > 0 ? ` ${keys.join(', ')}` : ''}`;
  });
  return [`  ${quoted(name)} {`, ...attributes, '  }'];
}

function edge(
  parent: string,
  child: string,
  line: '--' | '..',
  key: Pick<CatalogueForeignKey, 'optional' | 'unique'>,
  text: string,
): string {
  const left = key.optional ? '|o' : '||';
  const right = key.unique ? 'o|' : 'o{';
  return `  ${quoted(parent)} ${left}${line}${right} ${quoted(child)} : "${text}"`;
}

function label(key: CatalogueForeignKey): string {
  const columns = key.columns.join(', ');
  return key.onDelete === 'no action' ? columns : `${columns} (${key.onDelete})`;
}

const quoted = (name: string) => (name.includes('.') ? `"${name}"` : name);
const diagram = (lines: string[]) => ['```mermaid', ...lines, '```'].join('\n');
const page = (title: string, blocks: string[]) =>
  `<!-- Generated by \`npm run generate\`. Do not edit. -->\n\n${[`# ${title}`, ...blocks].join('\n\n')}\n`;
