import { identifier, literal } from '../query.ts';
import { appRole, type PartitionPolicy } from '../service-database.ts';
import { comments } from './comments.ts';

/**
 * The table `partition_policies` and the functions `ensure_partitions` and `drop_expired_partitions`, as statements
 * for one migration of the service whose schema is named.
 *
 * A partition is a table, which the app role may not create; so both functions run as the owner. They act only on
 * tables that a migration has put into `partition_policies`, which the app role can read and not write, and their
 * search path is pinned. Only the app role may call them.
 */
export function partitionFunctions(schema: string): string[] {
  const app = identifier(appRole(schema));
  const settings = pinned(schema);
  return [
    `create table partition_policies (
  table_name text not null,
  step text not null,
  ahead integer not null,
  keep_days integer,
  created_at timestamptz not null default now(),
  constraint partition_policies_pkey primary key (table_name),
  constraint partition_policies_step_check check (step in ('day', 'week', 'month')),
  constraint partition_policies_ahead_check check (ahead between 1 and 60),
  constraint partition_policies_keep_days_check check (keep_days > 0)
)`,
    ...comments(
      'partition_policies',
      'Which partitions are made ahead and when they are dropped. Only a migration writes it: the functions that act as the owner act on these tables alone.',
      {
        table_name: 'A table that is partitioned by range.',
        step: 'What one partition spans, in UTC: day, week or month.',
        ahead: 'Partitions that are made beyond the present one.',
        keep_days: 'Days after its end for which a partition is kept; null: for ever.',
      },
    ),
    `revoke insert, update, delete on partition_policies from ${app}`,
    ensureFunction(settings),
    dropExpiredFunction(settings),
    ...['ensure_partitions(text, timestamptz)', 'drop_expired_partitions(text)'].flatMap((signature) => [
      `revoke all on function ${signature} from public`,
      `grant execute on function ${signature} to ${app}`,
    ]),
  ];
}

export function dropPartitionFunctions(): string[] {
  return [
    'drop function drop_expired_partitions(text)',
    'drop function ensure_partitions(text, timestamptz)',
    'drop table partition_policies',
  ];
}

/** Puts a partitioned table under `ensure_partitions`. Follow it with `makePartitions` in the same migration. */
export function partitionPolicy(policy: PartitionPolicy): string {
  const { table, step, ahead, keepDays } = policy;
  return `insert into partition_policies (table_name, step, ahead, keep_days)
values (${literal(table)}, ${literal(step)}, ${Math.trunc(ahead)}, ${keepDays === undefined ? 'null' : Math.trunc(keepDays)})`;
}

export function removePartitionPolicy(table: string): string {
  return `delete from partition_policies
 where table_name = ${literal(table)}`;
}

/** Makes the partitions that are due now. */
export function makePartitions(table: string): string {
  return `select ensure_partitions(${literal(table)}, now())`;
}

/** As the first migrations have it; any role of the database can take the same lock. */
const advisoryLock = `perform pg_advisory_xact_lock(hashtext('hivesync.partitions'), parent_oid::integer)`;
/** The app role may not lock this row: that takes the right to update it. */
const policyLock = 'perform from partition_policies p where p.table_name = parent for update';

/** `ensure_partitions` waits for others of its kind alone, and for nobody who merely knows a number. */
export function partitionsLockedByPolicy(schema: string): string {
  return replacing(ensureFunction(pinned(schema), policyLock));
}

/** Undoes {@link partitionsLockedByPolicy}. */
export function partitionsLockedByNumber(schema: string): string {
  return replacing(ensureFunction(pinned(schema)));
}

const replacing = (create: string): string =>
  create.replace(/^create function/, 'create or replace function');

const pinned = (schema: string): string => `security definer
set search_path = ${identifier(schema)}, pg_temp`;

/**
 * Makes the partitions from the one that holds `moment` to `ahead` beyond it; answers how many were new. Days, weeks
 * and months are UTC's. A partition is made as a table of its own and then attached, which locks out no reader or
 * writer of the parent. Nobody but the owner gets a right on it: access goes through the parent and its grants.
 */
function ensureFunction(settings: string, lock = advisoryLock): string {
  return `create function ensure_partitions(parent text, moment timestamptz) returns integer
language plpgsql
${settings}
as $$
declare
  policy partition_policies;
  parent_oid oid;
  first_start timestamp;
  step interval;
  lower_bound timestamptz;
  upper_bound timestamptz;
  partition_name text;
  owner_of_parent oid;
  grantee record;
  made integer := 0;
begin
  select p.* into policy from partition_policies p where p.table_name = parent;
  if policy.table_name is null then
    raise exception 'table "%" has no partition policy', parent using errcode = '42501';
  end if;
  if moment is null or moment not between now() - interval '10 years' and now() + interval '2 years' then
    raise exception 'partitions are made from 10 years ago to 2 years from now, not for %', moment using errcode = '22023';
  end if;
  select c.oid, c.relowner into parent_oid, owner_of_parent
    from pg_partitioned_table t
    join pg_class c on c.oid = t.partrelid
   where c.relname = parent
     and c.relnamespace = current_schema()::regnamespace
     and t.partstrat = 'r';
  if parent_oid is null then
    raise exception 'table "%" is not partitioned by range', parent using errcode = '42809';
  end if;
  step := ('1 ' || policy.step)::interval;
  first_start := date_trunc(policy.step, moment at time zone 'UTC');
  for ordinal in 0 .. policy.ahead loop
    lower_bound := (first_start + ordinal * step) at time zone 'UTC';
    upper_bound := (first_start + (ordinal + 1) * step) at time zone 'UTC';
    partition_name := parent || to_char(first_start + ordinal * step, '"_p"YYYYMMDD');
    if exists (select from pg_inherits i where i.inhrelid = to_regclass(quote_ident(partition_name)) and i.inhparent = parent_oid) then
      continue;
    end if;
    ${lock};
    if exists (select from pg_inherits i where i.inhrelid = to_regclass(quote_ident(partition_name)) and i.inhparent = parent_oid) then
      continue;
    end if;
    execute format('create table %I (like %I including defaults including constraints including generated including storage)', partition_name, parent);
    for grantee in
      select distinct a.grantee
        from pg_class c
       cross join lateral aclexplode(c.relacl) a
       where c.oid = to_regclass(quote_ident(partition_name))
         and a.grantee <> owner_of_parent
    loop
      execute format('revoke all on %I from %s', partition_name,
        case when grantee.grantee = 0 then 'public' else grantee.grantee::regrole::text end);
    end loop;
    execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, partition_name, lower_bound, upper_bound);
    made := made + 1;
  end loop;
  return made;
end
$$`;
}

/**
 * Drops the partitions whose upper bound is longer ago than the policy keeps them; answers their names. By the
 * server's clock, never by the caller's. A table without `keep_days` is refused.
 */
function dropExpiredFunction(settings: string): string {
  return `create function drop_expired_partitions(parent text) returns setof text
language plpgsql
${settings}
as $$
declare
  policy partition_policies;
  expired record;
begin
  select p.* into policy from partition_policies p where p.table_name = parent;
  if policy.keep_days is null then
    raise exception 'partitions of table "%" are kept for ever', parent using errcode = '42501';
  end if;
  for expired in
    select c.relname
      from pg_inherits i
      join pg_class p on p.oid = i.inhparent
      join pg_class c on c.oid = i.inhrelid
     where p.relname = parent
       and p.relnamespace = current_schema()::regnamespace
       and left(c.relname, length(parent) + 2) = parent || '_p'
       and right(c.relname, 8) ~ '^[0-9]{8}$'
       and (to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp + ('1 ' || policy.step)::interval) at time zone 'UTC'
           <= now() - make_interval(days => policy.keep_days)
     order by c.relname
  loop
    execute format('drop table %I', expired.relname);
    return next expired.relname;
  end loop;
end
$$`;
}
