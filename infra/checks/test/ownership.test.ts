/** Ownership as the database enforces it: what a role may touch, and what it may be. */
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { type TestDatabase, testDatabase } from '@hivesync/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
let admin: Client;
let tables: { schema: ServiceName; name: string; column: string; partition: boolean }[];

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

beforeAll(async () => {
  database = await testDatabase();
  admin = await connect(database.adminUrl);
  const found = await admin.query(
    `select n.nspname as schema, c.relname as name, c.relispartition as partition,
            (select a.attname from pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
             order by a.attnum limit 1) as column
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm') and n.nspname = any($1)`,
    [serviceNames],
  );
  tables = found.rows;
});
afterAll(() => admin.end());

describe.each(serviceNames)('the app role of %s', (service) => {
  it('is refused by every table of every other schema, for every statement', async () => {
    const client = await connect(database.appUrl(service));
    try {
      const foreign = tables.filter(({ schema }) => schema !== service);
      expect(foreign.length).toBeGreaterThan(40);
      for (const { schema, name, column } of foreign) {
        const table = `"${schema}"."${name}"`;
        for (const statement of [
          `select * from ${table}`,
          `insert into ${table} default values`,
          `update ${table} set "${column}" = "${column}"`,
          `delete from ${table}`,
          `truncate ${table}`,
        ]) {
          await expect(client.query(statement), statement).rejects.toMatchObject({ code: '42501' });
        }
      }
    } finally {
      await client.end();
    }
  });

  it('may read its own tables, and change no definition', async () => {
    const client = await connect(database.appUrl(service));
    try {
      for (const { name, partition } of tables.filter(({ schema }) => schema === service)) {
        const select = client.query(`select * from "${service}"."${name}" limit 1`);
        // A partition is reached through its parent alone, or the parent's rules would have a way round.
        if (partition) await expect(select).rejects.toMatchObject({ code: '42501' });
        else await select;
        await expect(client.query(`drop table "${service}"."${name}"`)).rejects.toMatchObject({
          code: '42501',
        });
      }
      await expect(client.query(`create table "${service}".smuggled (id int)`)).rejects.toMatchObject({
        code: '42501',
      });
      await expect(client.query('create table public.smuggled (id int)')).rejects.toMatchObject({
        code: '42501',
      });
    } finally {
      await client.end();
    }
  });

  it('is no superuser, bypasses no row security, and is member of no other role', async () => {
    const { rows } = await admin.query(
      `select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
              array(select b.rolname from pg_auth_members m join pg_roles b on b.oid = m.roleid
                    where m.member = r.oid)::text[] as member_of
       from pg_roles r
       where rolname in ($1, $2)
       order by rolname`,
      [`${service}_app`, `${service}_owner`],
    );
    const powerless = {
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      member_of: [],
    };
    expect(rows).toEqual([
      { rolname: `${service}_app`, ...powerless },
      { rolname: `${service}_owner`, ...powerless },
    ]);
  });
});

it('lets no foreign key cross a schema', async () => {
  const { rows } = await admin.query(
    `select conrelid::regclass::text as table, confrelid::regclass::text as target
     from pg_constraint
     join pg_class c on c.oid = conrelid
     join pg_class t on t.oid = confrelid
     where contype = 'f' and c.relnamespace <> t.relnamespace`,
  );
  expect(rows).toEqual([]);
});

it('lets no app role change or remove an audit row, nor the owner', async () => {
  await admin.query(
    `insert into audit.audit_logs (id, event_type, entity_type, entity_id, data_json, source_service, created_at)
     values (gen_random_uuid(), 'identity.user.registered', 'identity.user', 'one', '{}', 'identity', now())`,
  );
  for (const url of [database.appUrl('audit'), database.ownerUrl('audit')]) {
    const client = await connect(url);
    try {
      for (const statement of [
        'update audit_logs set event_type = event_type',
        'delete from audit_logs',
        'truncate audit_logs',
      ]) {
        await expect(client.query(statement), statement).rejects.toMatchObject({ code: '42501' });
      }
    } finally {
      await client.end();
    }
  }
});
