import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { identifier, literal } from '../query.ts';
import { appRole, ownerRole } from '../service-database.ts';

/**
 * The SQL that prepares a server, as text that a DBA can read and run (`infra/postgres`) and that `bootstrap()`
 * runs. Every statement can be run again.
 */

/** Connections of one service's app role, all replicas together, where nobody has set another limit. */
export const defaultConnectionLimit = 40;
const ownerConnectionLimit = 10;

/** Roles of the cluster, without passwords. Runs in any database. */
export function rolesSql(
  services: readonly ServiceName[] = serviceNames,
  connectionLimit = defaultConnectionLimit,
): string {
  return services
    .map(
      (service) => `${createRole(ownerRole(service))}

${createRole(appRole(service))}

${connectionLimits({
  [ownerRole(service)]: Math.max(ownerConnectionLimit, Math.floor(connectionLimit / 4)),
  [appRole(service)]: connectionLimit,
})}

${roleSettings(service)}
`,
    )
    .join('\n');
}

/** So that a password that leaked cannot take the connections of all others. A limit that somebody has set stays. */
function connectionLimits(limits: Record<string, number>): string {
  return Object.entries(limits)
    .map(
      ([role, limit]) => `do $$
begin
  if exists (select from pg_roles where rolname = ${literal(role)} and rolconnlimit = -1) then
    alter role ${identifier(role)} connection limit ${limit};
  end if;
end
$$;`,
    )
    .join('\n');
}

function createRole(role: string): string {
  return `do $$
begin
  if not exists (select from pg_roles where rolname = ${literal(role)}) then
    create role ${identifier(role)} with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = ${literal(role)}
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role ${role} exists and may do more than it should: alter role ${role} nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;`;
}

/**
 * What a session of the role starts with. On the role and not on the connection, so that it also holds behind
 * pgbouncer in transaction mode. The owner has no statement timeout: a migration may take long, but not wait long.
 */
function roleSettings(service: ServiceName): string {
  const owner = identifier(ownerRole(service));
  const app = identifier(appRole(service));
  return `alter role ${owner} set search_path = ${identifier(service)}, public;
alter role ${owner} set lock_timeout = '5s';
alter role ${app} set search_path = ${identifier(service)}, public;
alter role ${app} set lock_timeout = '5s';
alter role ${app} set statement_timeout = '30s';
alter role ${app} set idle_in_transaction_session_timeout = '30s';`;
}

/** Schemas, grants and the extension. Runs in the database of the platform. */
export function schemasSql(services: readonly ServiceName[] = serviceNames): string {
  return `create extension if not exists pg_trgm with schema public;

revoke create on schema public from public;

${services.map(schemaSql).join('\n')}
${closedDatabaseSql}`;
}

/**
 * What PostgreSQL lets everybody do in every database and no service needs: logging in (so that a service's role
 * cannot enter the database of another one), temporary tables, and large objects, which belong to no schema. It needs
 * the owner of the database, and a superuser for the large objects; without, it leaves them as they are.
 */
export const closedDatabaseSql = `do $$
begin
  execute format('revoke connect, temporary on database %I from public', current_database());
  if (select rolsuper from pg_roles where rolname = current_user) then
    revoke execute on function
      lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea), lo_open(oid, integer), lo_unlink(oid)
      from public;
  end if;
end
$$;
`;

function schemaSql(service: ServiceName): string {
  const schema = identifier(service);
  const owner = identifier(ownerRole(service));
  const app = identifier(appRole(service));
  return `create schema if not exists ${schema} authorization ${owner};
revoke all on schema ${schema} from public;
grant usage on schema ${schema} to ${app};
alter default privileges for role ${owner} revoke execute on functions from public;
alter default privileges for role ${owner} in schema ${schema} grant select, insert, update, delete on tables to ${app};
alter default privileges for role ${owner} in schema ${schema} grant usage on sequences to ${app};
do $$
begin
  execute format('grant connect on database %I to ${owner}, ${app}', current_database());
end
$$;
`;
}

/** The files of `infra/postgres`, by name, in the order in which a DBA runs them. */
export function bootstrapFiles(): Record<'roles.sql' | 'database.sql' | 'schemas.sql', string> {
  return {
    'roles.sql': `-- Step 1: the roles of every service. Run in any database of the server, as a superuser or with CREATEROLE.
-- They have no password yet: give each one with \\password <role>, or let it come from HIVESYNC_ROLE_SECRET.

${rolesSql()}`,
    'database.sql': `-- Step 2: the database. Run once, with CREATEDB; another name will do as well.

create database hivesync;
`,
    'schemas.sql': `-- Step 3: the schema of every service. Run in the database, as a superuser, or as the owner of the database who is
-- a member of every <service>_owner.

${schemasSql()}`,
  };
}
