import { identifier } from '../query.ts';

/** `set_updated_at()`: the trigger function that moves `updated_at` on every update. */
export function updatedAtFunction(): string {
  return `create function set_updated_at() returns trigger
language plpgsql
as $$
begin
  new.updated_at := clock_timestamp();
  return new;
end
$$`;
}

export function dropUpdatedAtFunction(): string {
  return 'drop function set_updated_at()';
}

/** The trigger `<table>_set_updated_at`. It goes with its table. */
export function touchUpdatedAt(table: string): string {
  return `create trigger ${identifier(`${table}_set_updated_at`)}
before update on ${identifier(table)}
for each row
execute function set_updated_at()`;
}
