import { type CatalogReader, type CatalogSource, readCatalog } from './catalog.ts';

export interface ColumnInCatalog {
  name: string;
  /** As `format_type` prints it. */
  type: string;
  /** Labels of an enum type, in order; null for other types. */
  labels: string[] | null;
  nullable: boolean;
  default: string | null;
  /** What `comment on column` says. */
  comment: string | null;
}

export interface ConstraintInCatalog {
  name: string;
  kind: 'p' | 'f' | 'u' | 'c' | 'x';
  columns: string[];
  references: { schema: string; table: string; columns: string[] } | null;
  /** `NO ACTION`, `CASCADE`, ... for a foreign key. */
  onDelete: string | null;
  definition: string;
}

export interface IndexInCatalog {
  name: string;
  /** Key columns in order; null for an expression. */
  columns: (string | null)[];
  unique: boolean;
  /** True where a primary key, unique or exclusion constraint owns it. */
  ofConstraint: boolean;
  predicate: string | null;
  definition: string;
}

export interface TriggerInCatalog {
  name: string;
  function: string;
  definition: string;
  /** `usually`: but not in a replica's sessions. */
  fires: 'usually' | 'always' | 'never' | 'in replicas only';
}

export interface TableInCatalog {
  name: string;
  partitionKey: string | null;
  /** What `comment on table` says. */
  comment: string | null;
  columns: ColumnInCatalog[];
  constraints: ConstraintInCatalog[];
  indexes: IndexInCatalog[];
  triggers: TriggerInCatalog[];
  /** Privileges by role; the owner's are left out. */
  grants: { role: string; privileges: string[] }[];
}

/** The tables of a schema without their partitions, by name. */
export async function readTables(source: CatalogSource, schema: string): Promise<TableInCatalog[]> {
  return readCatalog(source, schema, (read) => tablesOf(read, schema));
}

export async function tablesOf(read: CatalogReader, schema: string): Promise<TableInCatalog[]> {
  const [tables, columns, constraints, indexes, triggers, grants] = [
    await read<Pick<TableInCatalog, 'name' | 'partitionKey' | 'comment'>>(tablesSql, [schema]),
    await read<ColumnInCatalog & OfTable>(columnsSql, [schema]),
    await read<ConstraintRow>(constraintsSql, [schema]),
    await read<IndexInCatalog & OfTable>(indexesSql, [schema]),
    await read<TriggerInCatalog & OfTable>(triggersSql, [schema]),
    await read<{ role: string; privileges: string[] } & OfTable>(grantsSql, [schema]),
  ];
  return tables.map((table) => ({
    ...table,
    columns: of(table.name, columns),
    constraints: of(table.name, constraints).map(({ refSchema, refTable, refColumns, ...constraint }) => ({
      ...constraint,
      references: refTable && refSchema ? { schema: refSchema, table: refTable, columns: refColumns } : null,
    })),
    indexes: of(table.name, indexes),
    triggers: of(table.name, triggers),
    grants: of(table.name, grants),
  }));
}

interface OfTable {
  table: string;
}

type ConstraintRow = Omit<ConstraintInCatalog, 'references'> &
  OfTable & { refSchema: string | null; refTable: string | null; refColumns: string[] };

function of<Row extends OfTable>(table: string, rows: Row[]): Omit<Row, 'table'>[] {
  return rows.filter((row) => row.table === table).map(({ table: _, ...row }) => row);
}

const ourTables = `c.relnamespace = (select oid from pg_namespace where nspname = $1)
   and c.relkind in ('r', 'p')
   and not c.relispartition`;

const tablesSql = `
select c.relname as name,
       pg_get_partkeydef(c.oid) as "partitionKey",
       obj_description(c.oid, 'pg_class') as comment
  from pg_class c
 where ${ourTables}
 order by c.relname collate "C"`;

const columnsSql = `
select c.relname as "table",
       a.attname as name,
       format_type(a.atttypid, a.atttypmod) as type,
       (select array_agg(e.enumlabel::text order by e.enumsortorder)
          from pg_type t
          join pg_enum e on e.enumtypid in (t.oid, t.typelem)
         where t.oid = a.atttypid) as labels,
       not a.attnotnull as nullable,
       case
         when a.attidentity <> '' then 'generated ' || case a.attidentity when 'a' then 'always' else 'by default' end || ' as identity'
         when a.attgenerated <> '' then 'generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ')'
         else pg_get_expr(d.adbin, d.adrelid)
       end as "default",
       col_description(c.oid, a.attnum) as comment
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
 where ${ourTables}
   and a.attnum > 0
   and not a.attisdropped
 order by c.relname collate "C", a.attnum`;

const columnNames = (relation: string, numbers: string): string => `
       coalesce((select array_agg(a.attname::text order by part.place)
          from unnest(${numbers}) with ordinality as part (number, place)
          join pg_attribute a on a.attrelid = ${relation} and a.attnum = part.number), '{}')`;

// Not-null constraints have rows of their own from PostgreSQL 18 on; nullability is a column's matter here.
const constraintsSql = `
select c.relname as "table",
       k.conname as name,
       k.contype::text as kind,${columnNames('k.conrelid', 'k.conkey')} as columns,
       rn.nspname as "refSchema",
       rc.relname as "refTable",${columnNames('k.confrelid', 'k.confkey')} as "refColumns",
       case when k.contype = 'f' then
         case k.confdeltype
           when 'a' then 'NO ACTION'
           when 'r' then 'RESTRICT'
           when 'c' then 'CASCADE'
           when 'n' then 'SET NULL'
           when 'd' then 'SET DEFAULT'
         end
       end as "onDelete",
       pg_get_constraintdef(k.oid) as definition
  from pg_class c
  join pg_constraint k on k.conrelid = c.oid
  left join pg_class rc on rc.oid = k.confrelid and k.contype = 'f'
  left join pg_namespace rn on rn.oid = rc.relnamespace
 where ${ourTables}
   and k.contype in ('p', 'f', 'u', 'c', 'x')
   and k.conparentid = 0
 order by c.relname collate "C", k.conname collate "C"`;

const indexesSql = `
select c.relname as "table",
       ic.relname as name,
       (select array_agg(a.attname::text order by k.place)
          from unnest(i.indkey::int2[]) with ordinality as k (number, place)
          left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number and k.number > 0
         where k.place <= i.indnkeyatts) as columns,
       i.indisunique as "unique",
       exists (select
                 from pg_constraint k
                where k.conindid = i.indexrelid
                  and k.contype in ('p', 'u', 'x')) as "ofConstraint",
       pg_get_expr(i.indpred, i.indrelid) as predicate,
       regexp_replace(pg_get_indexdef(i.indexrelid), '^.*? USING ', '') as definition
  from pg_class c
  join pg_index i on i.indrelid = c.oid
  join pg_class ic on ic.oid = i.indexrelid
 where ${ourTables}
   and i.indisvalid
 order by c.relname collate "C", ic.relname collate "C"`;

const triggersSql = `
select c.relname as "table",
       t.tgname as name,
       p.proname as "function",
       regexp_replace(pg_get_triggerdef(t.oid), '^CREATE (CONSTRAINT )?TRIGGER \\S+ ', '') as definition,
       case t.tgenabled
         when 'O' then 'usually'
         when 'A' then 'always'
         when 'D' then 'never'
         when 'R' then 'in replicas only'
       end as fires
  from pg_class c
  join pg_trigger t on t.tgrelid = c.oid
  join pg_proc p on p.oid = t.tgfoid
 where ${ourTables}
   and not t.tgisinternal
 order by c.relname collate "C", t.tgname collate "C"`;

const grantsSql = `
select c.relname as "table",
       coalesce(r.rolname, 'public') as role,
       array_agg(lower(a.privilege_type) order by lower(a.privilege_type)) as privileges
  from pg_class c
 cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
  left join pg_roles r on r.oid = a.grantee
 where ${ourTables}
   and a.grantee <> c.relowner
 group by c.relname, r.rolname
 order by c.relname collate "C", coalesce(r.rolname, 'public') collate "C"`;
