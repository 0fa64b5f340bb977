import type { DataSource } from '@hivesync/database';
import { query } from '@hivesync/database';

export interface CatalogueColumn {
  name: string;
  /** One word, as a diagram can hold it: `timestamptz`, `uuid`, `task_status`. */
  type: string;
  primaryKey: boolean;
  foreignKey: boolean;
  unique: boolean;
}

export interface CatalogueTable {
  name: string;
  columns: CatalogueColumn[];
}

export interface CatalogueForeignKey {
  name: string;
  table: string;
  columns: string[];
  refTable: string;
  /** A row of `table` may do without one of `refTable`. */
  optional: boolean;
  /** At most one row of `table` for each of `refTable`. */
  unique: boolean;
  onDelete: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';
}

/** The tables of one schema as PostgreSQL knows them, partitions left out, ordered by name. */
export async function readTables(source: DataSource, schema: string): Promise<CatalogueTable[]> {
  return query<CatalogueTable>(
    source,
    `
    select c.relname as name,
      json_agg(json_build_object(
        'name', a.attname,
        'type', case
          when a.atttypid = 'timestamptz'::regtype then 'timestamptz'
          else regexp_replace(regexp_replace(format_type(a.atttypid, null), '^.*\\.', ''), '[^a-zA-Z0-9_\\[\\]]+', '_', 'g')
        end,
        'primaryKey', exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p' and a.attnum = any (k.conkey)),
        'foreignKey', exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any (k.conkey)),
        'unique', exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and not i.indisprimary and i.indpred is null and i.indkey::text = a.attnum::text)
      ) order by a.attnum) as columns
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where n.nspname = $1
      and c.relkind in ('r', 'p')
      and not c.relispartition
    group by c.relname
    order by c.relname`,
    [schema],
  );
}

/** The foreign keys between the tables of one schema, ordered by table and name. */
export async function readForeignKeys(source: DataSource, schema: string): Promise<CatalogueForeignKey[]> {
  return query<CatalogueForeignKey>(
    source,
    `
    select k.conname as name,
      t.relname as "table",
      r.relname as "refTable",
      (
        select json_agg(a.attname order by key.position)
        from unnest(k.conkey) with ordinality as key (attnum, position)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = key.attnum
      ) as columns,
      exists (select from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey) and not a.attnotnull) as optional,
      exists (
        select from pg_index i
        where i.indrelid = k.conrelid and i.indisunique and i.indpred is null
          and (string_to_array(i.indkey::text, ' ')::int2[]) <@ k.conkey
      ) as "unique",
      case k.confdeltype
        when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' when 'r' then 'restrict' else 'no action'
      end as "onDelete"
    from pg_constraint k
    join pg_class t on t.oid = k.conrelid
    join pg_class r on r.oid = k.confrelid
    join pg_namespace n on n.oid = t.relnamespace
    where n.nspname = $1
      and k.contype = 'f'
      and k.conparentid = 0
    order by t.relname, k.conname`,
    [schema],
  );
}
