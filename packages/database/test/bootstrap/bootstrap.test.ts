import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceNames } from '@hivesync/contracts';
import { atFileEnd, bareDatabase, emptyDatabase, type TestDatabase } from '@hivesync/testing';
import { Client } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BootstrapRefusedError,
  bootstrap,
  bootstrapFiles,
  databaseOf,
  databaseUrl,
  rolePassword,
  roleUrl,
} from '../../src/index.ts';

let empty: TestDatabase;
beforeAll(async () => {
  empty = await emptyDatabase();
});

const infra = (file: string) =>
  readFileSync(join(import.meta.dirname, '../../../../infra/postgres', file), 'utf8');

/** A login with the given attributes, as a DBA would hand it out. */
async function login(attributes: string): Promise<{ name: string; url: string }> {
  const name = `deployer_${randomBytes(4).toString('hex')}`;
  await empty.query(`create role ${name} login password 'x' ${attributes}`);
  atFileEnd(async () => {
    await empty.query(`do $$ declare r text; begin
      for r in select rolname from pg_roles where rolname like '%\\_owner' loop execute format('revoke %I from ${name}', r); end loop;
    end $$`);
    await empty.query(`drop owned by ${name}`);
    await empty.query(`drop role if exists ${name}`);
  });
  const url = new URL(empty.adminUrl);
  url.username = name;
  url.password = 'x';
  return { name, url: url.href };
}

const state = (database: TestDatabase) =>
  database.query(
    `select n.nspname, n.nspowner::regrole::text as owner, n.nspacl::text as acl,
            (select array_agg(d.defaclobjtype::text || d.defaclacl::text order by 1) from pg_default_acl d where d.defaclnamespace = n.oid) as defaults
       from pg_namespace n where n.nspname = any($1) order by 1`,
    [serviceNames],
  );

describe('bootstrap', () => {
  it('gives each service a schema that its owner owns and its app may use', async () => {
    const rows = await state(empty);
    expect(rows).toHaveLength(6);
    expect(rows[0]).toMatchObject({
      nspname: 'audit',
      owner: 'audit_owner',
      acl: '{audit_owner=UC/audit_owner,audit_app=U/audit_owner}',
    });
    expect(
      await empty.query(
        `select from pg_extension e join pg_namespace n on n.oid = e.extnamespace where extname = 'pg_trgm' and nspname = 'public'`,
      ),
    ).toHaveLength(1);
  });

  it('makes no role that may do more than it must', async () => {
    expect(
      await empty.query(
        `select rolname from pg_roles
          where rolname ~ '^(identity|projects|previews|billing|workers|audit)_(owner|app)$'
            and rolcanlogin and not (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication or rolinherit)`,
      ),
    ).toHaveLength(12);
  });

  it('changes nothing where all is there, also twelve times at once', async () => {
    const before = await state(empty);
    await Promise.all(
      Array.from({ length: 12 }, () =>
        bootstrap(empty.adminUrl, { database: empty.name, roleSecret: empty.roleSecret }),
      ),
    );
    expect(await state(empty)).toEqual(before);
  });

  it('brings a bare database to the same state, making it when absent', async () => {
    const bare = await bareDatabase();
    await bare.drop();
    await Promise.all(
      serviceNames.map((service) =>
        bootstrap(empty.adminUrl, { database: bare.name, services: [service], roleSecret: empty.roleSecret }),
      ),
    );
    expect(await state(bare)).toEqual(await state(empty));
    await empty.query(`drop database ${bare.name} with (force)`);
  });

  it('lets no role take all connections, nor raises a limit that somebody has set', async () => {
    const limits = `select rolconnlimit from pg_roles where rolname in ('billing_app', 'billing_owner') order by rolname`;
    const set = await empty.query(limits);
    await bootstrap(empty.adminUrl, { database: empty.name, services: ['billing'], connectionLimit: 7 });
    expect(await empty.query(limits)).toEqual(set);
    expect(bootstrapFiles()['roles.sql']).toContain('alter role "billing_app" connection limit 40;');
  });

  it('closes what PostgreSQL leaves open to everybody: logins, temporary tables, large objects', async () => {
    const bare = await bareDatabase();
    await bootstrap(empty.adminUrl, { database: bare.name, services: ['billing'] });
    const as = async (role: string, statement: string) => {
      const client = new Client({ connectionString: roleUrl(bare.adminUrl, role, empty.roleSecret) });
      try {
        await client.connect();
        await client.query(statement);
        return 'done';
      } catch (error) {
        return (error as { code: string }).code;
      } finally {
        await client.end();
      }
    };
    expect(await as('billing_app', 'select 1')).toBe('done');
    expect(await as('billing_app', 'create temporary table taken (id integer)')).toBe('42501');
    expect(await as('billing_app', 'select lo_create(0)')).toBe('42501');
    expect(await as('billing_app', `select lo_from_bytea(0, '')`)).toBe('42501');
    expect(await as('audit_app', 'select 1')).toBe('42501');
  });

  it('sets passwords that follow from the secret, without sending them', async () => {
    for (const role of ['billing_app', 'billing_owner']) {
      const client = new Client({ connectionString: roleUrl(empty.adminUrl, role, empty.roleSecret) });
      await client.connect();
      expect((await client.query('select current_user as who, current_schema() as schema')).rows).toEqual([
        { who: role, schema: 'billing' },
      ]);
      await client.end();
    }
    expect(
      await empty.query(
        `select rolpassword like 'SCRAM-SHA-256$4096:%' as verifier from pg_authid where rolname = 'billing_app'`,
      ),
    ).toEqual([{ verifier: true }]);
    expect(rolePassword('a', 'billing_app')).not.toBe(rolePassword('b', 'billing_app'));
    expect(rolePassword('a', 'billing_app')).toMatch(/^[\w-]{43}$/);
  });

  it('a login without rights passes where nothing is missing', async () => {
    const { url, name } = await login('');
    await empty.query(`grant connect on database ${empty.name} to ${name}`);
    expect(await bootstrap(url, { database: empty.name })).toBe(databaseUrl(url, empty.name));
  });

  it('a login without rights is refused with what is missing and what a DBA must run', async () => {
    const { url, name } = await login('');
    const bare = await bareDatabase();
    await expect(bootstrap(url, { database: `${bare.name}_none` })).rejects.toThrow(
      `role ${name} may not prepare this server, and it lacks: database ${bare.name}_none.`,
    );
    const refused = bootstrap(url, { database: bare.name, services: ['billing'] });
    await expect(refused).rejects.toThrow(BootstrapRefusedError);
    await expect(refused).rejects.toThrow(
      'it lacks: extension pg_trgm, schema billing. Have a DBA run infra/postgres/roles.sql',
    );
  });

  it('a login with CREATEROLE over roles that somebody else made is told what to have granted', async () => {
    const { url, name } = await login('createrole createdb');
    const bare = await bareDatabase();
    await bare.drop();
    const attempt = () => bootstrap(url, { database: bare.name, services: ['billing', 'audit'] });
    const refused = attempt();
    await expect(refused).rejects.toThrow(BootstrapRefusedError);
    await expect(refused).rejects.toThrow(
      `role ${name} may not prepare this server, and it lacks: membership in billing_owner, membership in audit_owner. ` +
        `Have a DBA run grant "billing_owner", "audit_owner" to "${name}"`,
    );
    await empty.query(`grant "billing_owner", "audit_owner" to "${name}"`);
    expect(await attempt()).toBe(databaseUrl(url, bare.name));
    expect((await state(bare)).map(({ nspname, owner }) => [nspname, owner])).toEqual([
      ['audit', 'audit_owner'],
      ['billing', 'billing_owner'],
    ]);
  });

  it('and to set their passwords, that it needs the right to alter them', async () => {
    const { url, name } = await login('createrole createdb');
    const refused = bootstrap(url, { database: empty.name, services: ['billing'], roleSecret: 'new' });
    await expect(refused).rejects.toThrow(BootstrapRefusedError);
    await expect(refused).rejects.toThrow(
      `Have a DBA run grant "billing_owner", "billing_app" to "${name}" with admin option`,
    );
  });

  it('a login with CREATEROLE in a database of somebody else is refused, and told so', async () => {
    const { url, name } = await login('createrole createdb');
    await empty.query(`grant billing_owner to ${name}`);
    const bare = await bareDatabase();
    const refused = bootstrap(url, { database: bare.name, services: ['billing'] });
    await expect(refused).rejects.toThrow(BootstrapRefusedError);
    await expect(refused).rejects.toThrow(
      'it lacks: extension pg_trgm, schema billing. Have a DBA run infra',
    );
  });

  it("a DBA's run of the files in infra/postgres does it all", async () => {
    const bare = await bareDatabase();
    await bare.query(infra('roles.sql'));
    await bare.query(infra('schemas.sql'));
    expect(await state(bare)).toEqual(await state(empty));
  });
});

describe('infra/postgres', () => {
  // After a change: npx vitest run --project @hivesync/database bootstrap -u
  it.each(Object.entries(bootstrapFiles()))(
    '%s holds the very text that bootstrap runs',
    async (name, text) => {
      await expect(text).toMatchFileSnapshot(join(import.meta.dirname, '../../../../infra/postgres', name));
    },
  );
});

describe('databaseOf', () => {
  it('is the one that the URL names, and hivesync where it names none', () => {
    expect(
      [
        'postgres://h',
        'postgres://h/',
        'postgres://h/postgres',
        'postgres://h/hive?sslmode=require',
        'postgres://h/a%20b',
      ].map(databaseOf),
    ).toEqual(['hivesync', 'hivesync', 'postgres', 'hive', 'a b']);
  });
});
