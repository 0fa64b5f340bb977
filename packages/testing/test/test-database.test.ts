import { serviceNames } from '@hivesync/contracts';
import { Client } from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { bareDatabase, emptyDatabase, testDatabase } from '../src/index.ts';

const tablesOf = `
  select table_schema
    from information_schema.tables
   where table_schema = any($1)`;

describe('a test database', () => {
  it('is a copy of its own: what one writes, another does not see', async () => {
    const [one, two] = await Promise.all([emptyDatabase(), emptyDatabase()]);
    await one.query('create table public.mine (id int)');
    expect(await one.query('select * from public.mine')).toEqual([]);
    await expect(two.query('select * from public.mine')).rejects.toMatchObject({ code: '42P01' });
  });

  it.each(serviceNames)('lets the roles of %s in, each in its own schema', async (service) => {
    const database = await emptyDatabase();
    for (const [url, role] of [
      [database.ownerUrl(service), `${service}_owner`],
      [database.appUrl(service), `${service}_app`],
    ] as const) {
      const client = new Client({ connectionString: url });
      await client.connect();
      const { rows } = await client.query('select current_user as role, current_schema() as schema');
      expect(rows).toEqual([{ role, schema: service }]);
      await client.end();
    }
  });

  it('has every grant that its template has on the database itself', async () => {
    const database = await emptyDatabase();
    const grants = 'select datacl::text as acl from pg_database where datname = $1';
    const [clone] = await database.query<{ acl: string }>(grants, [database.name]);
    const [template] = await database.query<{ acl: string }>(grants, [inject('hivesync').empty]);
    const sorted = (acl = '') => acl.slice(1, -1).split(',').sort();
    expect(sorted(clone?.acl)).toEqual(sorted(template?.acl));
    expect(clone?.acl).toContain('identity_app=c/');
  });

  it('comes migrated, bootstrapped or bare', async () => {
    const [migrated, empty, bare] = await Promise.all([testDatabase(), emptyDatabase(), bareDatabase()]);
    expect(await migrated.query(tablesOf, [serviceNames])).not.toEqual([]);
    expect(await empty.query(tablesOf, [serviceNames])).toEqual([]);
    const schemas = 'select nspname from pg_namespace where nspname = any($1)';
    expect(await empty.query(schemas, [serviceNames])).toHaveLength(serviceNames.length);
    expect(await bare.query(schemas, [serviceNames])).toEqual([]);
  });

  it('goes when dropped, whoever is connected', async () => {
    const database = await emptyDatabase();
    const client = new Client({ connectionString: database.adminUrl });
    client.on('error', () => undefined);
    await client.connect();
    await database.drop();
    await expect(client.query('select 1')).rejects.toThrow(/terminat|not queryable/);
    await expect(database.query('select 1')).rejects.toMatchObject({ code: '3D000' });
    await database.drop();
  });
});
