import { identifier, literal } from '../query.ts';

/**
 * A reference table. `columns` are definitions of the fields kept fresh, e.g. `display_name text`; all must be
 * nullable, since a tombstone has none. Give it `touchUpdatedAt` and `keepTombstones` too.
 */
export function referenceTable(name: string, columns: readonly string[] = []): string {
  return `create table ${identifier(name)} (
  id uuid not null,
  state text not null default 'active',
  version integer not null default 0,
${columns.map((column) => `  ${column},\n`).join('')}  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint ${identifier(`${name}_pkey`)} primary key (id),
  constraint ${identifier(`${name}_state_check`)} check (state in ('active', 'deleted')),
  constraint ${identifier(`${name}_deleted_at_check`)} check ((state = 'deleted') = (deleted_at is not null))
)`;
}

/**
 * `require_live_reference(column, reference table, constraint)`: the trigger function that refuses a row which would point at
 * a deleted aggregate. `for share` waits for a deletion that is under way and holds off the next until our
 * transaction ends; a foreign key's own `for key share` would not, as a tombstone does not touch the key.
 * It refuses as the foreign key itself would: SQLSTATE 23503 with that constraint's name.
 */
export function liveReferenceFunction(): string {
  return `create function require_live_reference() returns trigger
language plpgsql
as $$
declare
  referrer constant text := tg_argv[0];
  reference_table constant text := tg_argv[1];
  referred uuid;
  found_state text;
begin
  execute format('select ($1).%I', referrer) into referred using new;
  if referred is null then
    return new;
  end if;
  if tg_op = 'UPDATE' then
    execute format('select case when ($1).%1$I is distinct from ($2).%1$I then ($1).%1$I end', referrer)
      into referred using new, old;
    if referred is null then
      return new;
    end if;
  end if;
  execute format('select state from %I.%I where id = $1 for share', tg_table_schema, reference_table)
    into found_state using referred;
  if found_state is distinct from 'active' then
    raise exception 'column "%" of table "%" refers to %, which is %', referrer, tg_table_name, referred,
      case when found_state is null then 'unknown' else 'deleted' end
      using errcode = '23503',
            schema = tg_table_schema,
            table = tg_table_name,
            column = referrer,
            constraint = tg_argv[2];
  end if;
  return new;
end
$$`;
}

export function dropLiveReferenceFunction(): string {
  return 'drop function require_live_reference()';
}

/** The trigger `<table>_<column>_live` on a column that refers to a reference table. It goes with its table. */
export function requireLiveReference(table: string, column: string, refTable: string): string {
  return `create trigger ${identifier(`${table}_${column}_live`)}
before insert or update of ${identifier(column)} on ${identifier(table)}
for each row
execute function require_live_reference(${literal(column)}, ${literal(refTable)}, ${literal(`${table}_${column}_fkey`)})`;
}
