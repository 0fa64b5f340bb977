import { identifier } from '../query.ts';

/**
 * `keep_tombstones()`: the trigger function that refuses to remove, revive, rename or set back a tombstone, whoever asks:
 * the owner of the table too, who can switch the trigger off for one transaction. SQLSTATE 23001 with the trigger as the
 * constraint. No code that is right meets it, so it stands for no answer of the API.
 */
function tombstonesFunction(): string {
  return `create function keep_tombstones() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'UPDATE' and new.state = old.state and new.id = old.id and new.version >= old.version then
    return new;
  end if;
  raise exception 'row % of table "%" is a tombstone: it is not removed, revived, renamed or set back', old.id, tg_table_name
    using errcode = '23001',
          schema = tg_table_schema,
          table = tg_table_name,
          constraint = tg_name;
end
$$`;
}

/**
 * The trigger `<table>_keep_tombstones` on a reference table: what is deleted stays so. It goes with its table, and
 * needs the function that {@link keepTombstonesUp} makes.
 */
export function keepTombstones(table: string): string {
  return `create trigger ${identifier(`${table}_keep_tombstones`)}
before update or delete on ${identifier(table)}
for each row
when (old.state = 'deleted')
execute function keep_tombstones()`;
}

/** {@link keepTombstones} on the first reference tables of a service, as statements for one migration. */
export function keepTombstonesUp(tables: readonly string[]): string[] {
  return [tombstonesFunction(), ...tables.map(keepTombstones)];
}

/** Undoes {@link keepTombstonesUp}: all tables with the trigger have to be named, or to be gone. */
export function keepTombstonesDown(tables: readonly string[]): string[] {
  return [
    ...tables.map(
      (table) => `drop trigger ${identifier(`${table}_keep_tombstones`)} on ${identifier(table)}`,
    ),
    'drop function keep_tombstones()',
  ];
}
