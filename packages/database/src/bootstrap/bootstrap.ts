import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { Client } from 'pg';
import { sqlState } from '../failures.ts';
import { identifier, literal } from '../query.ts';
import { appRole, ownerRole } from '../service-database.ts';
import { closedDatabaseSql, rolesSql, schemasSql } from './bootstrap-sql.ts';
import { missingFromDatabase, missingFromServer } from './missing.ts';
import { databaseUrl, scramVerifier } from './role-password.ts';

export interface BootstrapOptions {
  /** Made when absent. Default: the database that the URL names, or `hivesync` where it names none. */
  database?: string;
  /** Default: all. */
  services?: readonly ServiceName[];
  /** Connections of each app role, where it has no limit yet. Default: 40. */
  connectionLimit?: number;
  /** Sets the roles' passwords (see `rolePassword`); without it they are left as they are. */
  roleSecret?: string;
}

const files = 'infra/postgres/roles.sql, database.sql and schemas.sql (infra/postgres/README.md says how)';

/** The login may not do what is still to do; the message says what a DBA must run. */
export class BootstrapRefusedError extends Error {
  override readonly name = 'BootstrapRefusedError';
  readonly missing: readonly string[];
  constructor(user: string, missing: readonly string[], remedy = files, cause?: unknown) {
    super(
      `role ${user} may not prepare this server, and it lacks: ${missing.join(', ')}. Have a DBA run ${remedy}`,
      { cause },
    );
    this.missing = missing;
  }
}

/** The platform's database where nobody names one. */
export const defaultDatabase = 'hivesync';

/** The database that a URL names, or else `hivesync`. */
export function databaseOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1)) || defaultDatabase;
}

/**
 * Prepares a server: roles, database, schemas, grants, extension. Changes nothing where all is there, and may run
 * in several processes at once. Works as a superuser, or as a role with CREATEROLE and CREATEDB (or CREATE on the
 * database, where that exists); with less it only checks.
 * @returns the URL of the platform's database for the same login.
 * @throws BootstrapRefusedError when something is missing that this login may not make.
 */
export async function bootstrap(adminUrl: string, options: BootstrapOptions = {}): Promise<string> {
  const database = options.database ?? databaseOf(adminUrl);
  const services = options.services ?? serviceNames;
  const targetUrl = databaseUrl(adminUrl, database);
  await connected(await maintenanceUrl(adminUrl, targetUrl), async (server) => {
    const login = await loginOf(server);
    const roles = async () => {
      const missing = await missingFromServer(server, database, services);
      if (missing.length > 0 && !login.mayCreateRoles) throw new BootstrapRefusedError(login.name, missing);
      const rolesMissing = missing.some((one) => one.startsWith('role '));
      if (login.mayCreateRoles && (rolesMissing || login.superuser || options.roleSecret !== undefined)) {
        await makeRoles(server, login, services, options).catch((error: unknown) => {
          // Since PostgreSQL 16 CREATEROLE is not enough for roles that somebody else made.
          if (sqlState(error) !== insufficientPrivilege) throw error;
          if (rolesMissing) throw new BootstrapRefusedError(login.name, missing, files, error);
          const theirs = services.flatMap((service) => [ownerRole(service), appRole(service)]);
          const remedy = `${grantOf(theirs, login)} with admin option`;
          throw new BootstrapRefusedError(
            login.name,
            [`the right to alter ${theirs.join(', ')}`],
            remedy,
            error,
          );
        });
      }
      return missing;
    };
    const missing = await untilNoCollision(() => inTransaction(server, roles));
    if (missing.includes(`database ${database}`)) {
      await untilNoCollision(() => makeDatabase(server, login, database));
    }
  });
  await connected(targetUrl, async (target) => {
    const login = await loginOf(target);
    const schemas = async () => {
      const missing = await missingFromDatabase(target, services);
      if (missing.length === 0) {
        if (login.superuser) await target.query(closedDatabaseSql);
        return;
      }
      if (!login.mayCreateRoles) throw new BootstrapRefusedError(login.name, missing);
      await joinOwners(target, login, services);
      await target.query(schemasSql(services)).catch((error: unknown) => {
        // The database is somebody else's.
        if (sqlState(error) !== insufficientPrivilege) throw error;
        throw new BootstrapRefusedError(login.name, missing, files, error);
      });
    };
    await untilNoCollision(() => inTransaction(target, schemas));
  });
  return targetUrl;
}

interface Login {
  name: string;
  superuser: boolean;
  mayCreateRoles: boolean;
  mayCreateDatabases: boolean;
  /** The server tells membership in a role from the right to become it: PostgreSQL 16 and later. */
  splitsMembership: boolean;
}

async function loginOf(client: Client): Promise<Login> {
  const { rows } = await client.query<{
    name: string;
    superuser: boolean;
    roles: boolean;
    databases: boolean;
    split: boolean;
  }>(
    `select rolname as name, rolsuper as superuser, rolcreaterole as roles, rolcreatedb as databases,
            current_setting('server_version_num')::int >= 160000 as split
       from pg_roles
      where rolname = current_user`,
  );
  const [row] = rows;
  if (!row) throw new Error('the login is not a role of this server');
  return {
    name: row.name,
    superuser: row.superuser,
    mayCreateRoles: row.superuser || row.roles,
    mayCreateDatabases: row.superuser || row.databases,
    splitsMembership: row.split,
  };
}

async function makeRoles(
  server: Client,
  login: Login,
  services: readonly ServiceName[],
  { roleSecret: secret, connectionLimit }: BootstrapOptions,
) {
  await server.query(rolesSql(services, connectionLimit));
  for (const role of services.flatMap((service) => [ownerRole(service), appRole(service)])) {
    if (secret !== undefined) {
      await server.query(`alter role ${identifier(role)} password ${literal(scramVerifier(secret, role))}`);
    }
  }
  await joinOwners(server, login, services);
}

/**
 * Makes the login a member of the owners, as whom it then makes schemas and migrates.
 * @throws BootstrapRefusedError where the owners are not its own to grant: somebody else made them
 */
async function joinOwners(client: Client, login: Login, services: readonly ServiceName[]) {
  if (login.superuser) return;
  const owners = services.map(ownerRole);
  const { rows } = await client.query<{ name: string }>(
    `select name from unnest($1::text[]) as name where not pg_has_role(name, $2)`,
    // PostgreSQL 16 split membership: what is needed here is the right to become the role.
    [owners, login.splitsMembership ? 'set' : 'member'],
  );
  const missing = rows.map(({ name }) => name);
  if (missing.length === 0) return;
  try {
    await client.query(grantOf(missing, login));
  } catch (error) {
    if (sqlState(error) !== insufficientPrivilege) throw error;
    const lacks = missing.map((name) => `membership in ${name}`);
    throw new BootstrapRefusedError(login.name, lacks, grantOf(missing, login), error);
  }
}

const insufficientPrivilege = '42501';

const grantOf = (roles: readonly string[], login: Login): string =>
  `grant ${roles.map(identifier).join(', ')} to ${identifier(login.name)}`;

async function makeDatabase(server: Client, login: Login, database: string) {
  if (!login.mayCreateDatabases) throw new BootstrapRefusedError(login.name, [`database ${database}`]);
  try {
    await server.query(`create database ${identifier(database)}`);
  } catch (error) {
    // Another bootstrap was faster.
    if (sqlState(error) !== '42P04') throw error;
  }
}

/** Where to stand while the target may not exist: the database that the URL names, or else `postgres`. */
async function maintenanceUrl(adminUrl: string, targetUrl: string): Promise<string> {
  const candidates = [databaseUrl(adminUrl, 'postgres'), adminUrl, targetUrl];
  for (const url of candidates) {
    try {
      await connected(url, async () => undefined);
      return url;
    } catch (error) {
      // no such database, no CONNECT privilege, no entry in pg_hba.conf: the next candidate may do
      if (!['3D000', '42501', '28000'].includes(sqlState(error) ?? '') || url === candidates.at(-1))
        throw error;
    }
  }
  return adminUrl;
}

/** Codes of PostgreSQL where two sessions made or altered the same thing at once. */
const collisions = new Set(['23505', '42710', '42P04', '42P06', '40001', '40P01', '55006', '55P03']);
const attempts = 40;

/**
 * Bootstraps may run at once, in several databases too, since roles belong to the whole cluster. No lock keeps them
 * apart: an advisory lock of the session would stay behind in a pooler's connection, and anybody could hold its key.
 * What PostgreSQL says when two collide is worth another try, which finds the other's work done.
 */
async function untilNoCollision<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const collided =
        collisions.has(sqlState(error) ?? '') ||
        (error instanceof Error && error.message.includes('concurrently updated'));
      if (!collided || attempt >= attempts) throw error;
      await sleep(10 + Math.random() * Math.min(20 * attempt, 400));
    }
  }
}

/** Settings end with the transaction, also behind pgbouncer. */
async function inTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = '5s'`);
    await client.query(`set local statement_timeout = '60s'`);
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

async function connected<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'hivesync/bootstrap',
  });
  // A connection that breaks while idle tells here; the next query on it fails and is heard.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
