import { type DataClassName, dataClasses } from '../data-class.ts';
import { tableNameOf } from '../entity-names.ts';
import { referenceDeclarations } from '../references/declarations.ts';
import { platformTableNames, type ServiceDatabase } from '../service-database.ts';
import { type CatalogReader, type CatalogSource, readCatalog } from './catalog.ts';
import { type TableInCatalog, tablesOf } from './snapshot.ts';

/**
 * The schema of a service as Markdown, for its committed `schema.md`: tables, columns, types, keys, checks,
 * indexes, triggers, grants, data classes, comments, enum types, functions and default privileges. The same text for the same schema on every
 * supported version of PostgreSQL; partitions are left out, as they come and go.
 */
export async function schemaReport(source: CatalogSource, database: ServiceDatabase): Promise<string> {
  return readCatalog(source, database.service, async (read) => {
    const tables = await tablesOf(read, database.service);
    const isPlatform = ({ name }: TableInCatalog) => platformTableNames.has(name);
    return [
      `# Schema \`${database.service}\``,
      'Generated from the catalogue of a migrated database; do not edit.',
      ...tables.filter((table) => !isPlatform(table)).map((table) => tableSection(table, database)),
      ...(await enumSection(read, database.service)),
      ...(await functionSection(read, database.service)),
      ...(await defaultPrivilegesSection(read, database.service)),
      '# Tables of the platform',
      ...tables.filter(isPlatform).map((table) => tableSection(table, database)),
    ]
      .join('\n\n')
      .concat('\n');
  });
}

function tableSection(table: TableInCatalog, database: ServiceDatabase): string {
  const entity = database.entities.find((candidate) => tableNameOf(candidate) === table.name);
  const classes = entity ? dataClasses(entity) : new Map<string, DataClassName>();
  const policies = new Map(
    referenceDeclarations(database)
      .filter((declaration) => declaration.table === table.name)
      .map(({ column, aggregate, onDelete }) => [column, `${aggregate} (${onDelete})`]),
  );
  const columns = table.columns.map(({ name, type, nullable, default: value, comment }) => [
    code(name),
    code(type),
    nullable ? 'yes' : 'no',
    value === null ? '' : code(value),
    policies.get(name) ?? '',
    classes.get(name) ?? '',
    (comment ?? '').replaceAll('|', '\\|'),
  ]);
  const blocks = [
    `## \`${table.name}\``,
    ...(table.comment ? [table.comment] : []),
    ...(table.partitionKey ? [`Partitioned by ${code(table.partitionKey.toLowerCase())}.`] : []),
    markdownTable(
      ['column', 'type', 'null', 'default', 'refers to (on its deletion)', 'data class', 'comment'],
      columns,
    ),
    ...list(
      'Keys and checks',
      table.constraints.map(({ name, definition }) => [name, definition]),
    ),
    ...list(
      'Indexes',
      table.indexes.map(({ name, unique, definition }) => [name, `${unique ? 'unique ' : ''}${definition}`]),
    ),
    ...list(
      'Triggers',
      table.triggers.map(({ name, definition, fires }) => [
        name,
        fires === 'usually' ? definition : `${definition} (${fires})`,
      ]),
    ),
    ...list(
      'Grants',
      table.grants.map(({ role, privileges }) => [role, privileges.join(', ')]),
    ),
  ];
  return blocks.join('\n\n');
}

async function enumSection(read: CatalogReader, schema: string): Promise<string[]> {
  const rows = await read<{ name: string; labels: string[] }>(
    `select t.typname as name, array_agg(e.enumlabel::text order by e.enumsortorder) as labels
       from pg_type t
       join pg_enum e on e.enumtypid = t.oid
      where t.typnamespace = $1::regnamespace
      group by t.typname
      order by t.typname collate "C"`,
    [schema],
  );
  return rows.length === 0
    ? []
    : [
        '# Enum types',
        rows.map(({ name, labels }) => `- ${code(name)}: ${labels.map(code).join(', ')}`).join('\n'),
      ];
}

async function functionSection(read: CatalogReader, schema: string): Promise<string[]> {
  const rows = await read<{
    name: string;
    returns: string;
    definer: boolean;
    source: string;
    settings: string[] | null;
    grantees: string[];
  }>(
    `select p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name,
            pg_get_function_result(p.oid) as returns,
            p.prosecdef as definer,
            left(encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'), 12) as source,
            p.proconfig as settings,
            array(select coalesce(r.rolname, 'public')::text
                    from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                    left join pg_roles r on r.oid = a.grantee
                   where a.grantee <> p.proowner
                   order by 1) as grantees
       from pg_proc p
      where p.pronamespace = $1::regnamespace
      order by 1`,
    [schema],
  );
  if (rows.length === 0) return [];
  const lines = rows.map(({ name, returns, definer, source, settings, grantees }) =>
    [
      `- ${code(name)} returns ${code(returns)}`,
      ...(definer ? [`runs as its owner${settings ? ` with ${settings.map(code).join(', ')}` : ''}`] : []),
      grantees.length > 0 ? `may be called by ${grantees.join(', ')}` : 'may be called by its owner only',
      `source ${code(source)}`,
    ].join('; '),
  );
  return ['# Functions', lines.join('\n')];
}

/** What whoever has which right on what the owner makes later, and on the schema itself. */
async function defaultPrivilegesSection(read: CatalogReader, schema: string): Promise<string[]> {
  const rows = await read<{ kind: string; scope: string; grantee: string; privileges: string[] }>(
    `select case d.defaclobjtype
              when 'r' then 'tables'
              when 'S' then 'sequences'
              when 'f' then 'functions'
              when 'T' then 'types'
              when 'n' then 'schemas'
            end as kind,
            case when d.defaclnamespace = 0 then 'anywhere' else 'in the schema' end as scope,
            coalesce(r.rolname, 'public') as grantee,
            array_agg(lower(a.privilege_type) order by lower(a.privilege_type)) as privileges
       from pg_default_acl d
      cross join lateral aclexplode(d.defaclacl) a
       left join pg_roles r on r.oid = a.grantee
      where d.defaclrole = (select nspowner from pg_namespace where nspname = $1)
        and d.defaclnamespace in (0, $1::regnamespace)
      group by d.defaclobjtype, d.defaclnamespace, r.rolname
      union all
     select 'the schema', 'itself', coalesce(r.rolname, 'public'), array_agg(lower(a.privilege_type) order by lower(a.privilege_type))
       from pg_namespace n
      cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
       left join pg_roles r on r.oid = a.grantee
      where n.nspname = $1
      group by r.rolname
      order by 1, 2, 3`,
    [schema],
  );
  if (rows.length === 0) return [];
  const lines = rows.map(
    ({ kind, scope, grantee, privileges }) => `- ${kind} ${scope}: ${code(grantee)} ${privileges.join(', ')}`,
  );
  return ['# Privileges', lines.join('\n')];
}

const code = (text: string): string => `\`${text.replaceAll('|', '\\|').replaceAll('\n', ' ')}\``;

function markdownTable(header: string[], rows: string[][]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function list(title: string, items: [name: string, text: string][]): string[] {
  return items.length === 0
    ? []
    : [`${title}:`, items.map(([name, text]) => `- ${code(name)}: ${code(text)}`).join('\n')];
}
