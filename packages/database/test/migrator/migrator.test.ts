import { emptyDatabase, type TestDatabase } from '@hivesync/testing';
import { Client } from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  assertSchemaCurrent,
  bootstrap,
  defineDatabase,
  MigrationFailedError,
  migrateDown,
  migrateUp,
  migrationStatus,
  query,
  SchemaAheadError,
  SchemaBehindError,
  type ServiceDatabase,
  schemaReport,
  sqlState,
} from '../../src/index.ts';

const migration = (name: string, up: string, down: string, breaking = false) =>
  class implements MigrationInterface {
    name = name;
    breaking = breaking;
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(up);
    }
    async down(runner: QueryRunner): Promise<void> {
      await runner.query(down);
    }
  };

const one = migration(
  'CreateOne1763800000000',
  'create table one (id integer primary key)',
  'drop table one',
);
const two = migration(
  'CreateTwo1763800001000',
  'create table two (id integer primary key)',
  'drop table two',
);
const three = migration(
  'CreateThree1763800002000',
  'create table three (id integer primary key)',
  'drop table three',
);
const service = (...migrations: ServiceDatabase['migrations']) =>
  defineDatabase({ service: 'billing', entities: [], migrations });
const names = ['CreateOne1763800000000', 'CreateTwo1763800001000', 'CreateThree1763800002000'];

let database: TestDatabase;
let owner: string;

beforeEach(async () => {
  database = await emptyDatabase();
  owner = database.ownerUrl('billing');
});

const tables = async () =>
  (
    await database.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'billing' and tablename <> 'migrations' order by 1`,
    )
  ).map(({ name }) => name);

describe('up', () => {
  it('applies in the order of time, tells of each, and changes nothing the second time', async () => {
    const progress: string[] = [];
    const report = await migrateUp(service(three, one, two), owner, {
      onProgress: (line) => progress.push(line.replace(/ \(\d+ ms\)$/, '')),
    });
    expect(report).toEqual({ service: 'billing', done: names, current: names[2] });
    expect(progress).toEqual(names);
    expect(await tables()).toEqual(['one', 'three', 'two']);
    const before = await schemaReport(database.adminUrl, service());
    expect(await migrateUp(service(one, two, three), owner)).toEqual({
      service: 'billing',
      done: [],
      current: names[2],
    });
    expect(await schemaReport(database.adminUrl, service())).toBe(before);
  });

  it('stops where it is told, by whole name or by intent, and goes on from there', async () => {
    expect((await migrateUp(service(one, two, three), owner, { to: 'CreateOne' })).done).toEqual(
      names.slice(0, 1),
    );
    expect((await migrateUp(service(one, two, three), owner, { to: 'CreateTwo1763800001000' })).done).toEqual(
      names.slice(1, 2),
    );
    await expect(migrateUp(service(one), owner, { to: 'CreateNine' })).rejects.toThrow(
      'billing has no migration CreateNine',
    );
  });

  it('lets twenty at once wait for each other; each migration is done by one of them', async () => {
    const reports = await Promise.all(
      Array.from({ length: 20 }, () => migrateUp(service(one, two, three), owner)),
    );
    expect(reports.flatMap(({ done }) => done).sort()).toEqual([...names].sort());
    expect(new Set(reports.map(({ current }) => current))).toEqual(new Set([names[2]]));
  });

  it('keeps what was done before a failure, rolls the failed one back, and says which and why', async () => {
    const broken = migration(
      'BreakThings1763800001500',
      'create table half (id integer); create table one (id integer)',
      '',
    );
    const failure = await migrateUp(service(one, two, broken, three), owner).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MigrationFailedError);
    expect(failure).toHaveProperty(
      'message',
      'billing: migration BreakThings1763800001500 failed (up): relation "one" already exists (SQLSTATE 42P07)',
    );
    expect(await tables()).toEqual(['one', 'two']);
    expect((await migrateUp(service(one, two, three), owner)).done).toEqual(names.slice(2));
  });

  it('waits for another migrator, says for whom, and not for ever', async () => {
    await migrateUp(service(), owner);
    const other = new Client({
      connectionString: owner,
      application_name: 'hivesync/migrate/other',
    });
    await other.connect();
    try {
      await other.query('begin');
      await other.query('lock table migrations in exclusive mode');
      const said: string[] = [];
      await expect(
        migrateUp(service(), database.adminUrl, {
          as: 'billing_owner',
          waitSeconds: 1,
          onProgress: (line) => said.push(line),
        }),
      ).rejects.toThrow(/another migrator is at work .*: pid \d+ \(hivesync\/migrate\/other, since /);
      const waiting = migrateUp(service(), owner, {
        onProgress: (line) => said.push(line),
      });
      await expect
        .poll(() => said)
        .toEqual([expect.stringMatching(/^waiting for another migrator: pid \d+/)]);
      await other.query('rollback');
      expect((await waiting).done).toEqual([]);
    } finally {
      await other.end();
    }
  });

  it('is not held up by what the app role may lock', async () => {
    await migrateUp(service(), owner);
    const app = new Client({ connectionString: database.appUrl('billing') });
    await app.connect();
    try {
      await app.query('begin');
      await app.query('select * from migrations');
      for (const mode of ['row share', 'row exclusive', 'exclusive', 'access exclusive']) {
        await app.query('savepoint before');
        await expect(app.query(`lock table migrations in ${mode} mode`)).rejects.toThrow('permission denied');
        await app.query('rollback to before');
      }
      await app.query(`select pg_advisory_lock(hashtext('hivesync.migrations'), hashtext('billing'))`);
      await app.query(`select pg_advisory_lock(hashtext('hivesync.bootstrap'))`);
      await bootstrap(database.adminUrl, { database: database.name, services: ['billing'] });
      const report = await migrateUp(service(), owner, { waitSeconds: 1 });
      expect(report.done).toEqual([]);
    } finally {
      await app.end();
    }
  });

  it('does not wait long for a lock on a table, and says so', { timeout: 20_000 }, async () => {
    await migrateUp(service(one), owner);
    const other = new Client({ connectionString: database.adminUrl });
    await other.connect();
    await other.query('begin; select from billing.one');
    const begun = Date.now();
    const alter = migration(
      'AlterOne1763800003000',
      'alter table one add extra integer',
      'alter table one drop extra',
    );
    await expect(migrateUp(service(one, alter), owner)).rejects.toThrow(
      /AlterOne1763800003000 failed \(up\): .* \(SQLSTATE 55P03\); another session holds a lock on it/,
    );
    expect(Date.now() - begun).toBeLessThan(8_000);
    await other.query('rollback');
    await other.end();
    expect((await migrateUp(service(one, alter), owner)).done).toEqual(['AlterOne1763800003000']);
  });

  it("as an admin makes everything the owner's, as SET ROLE does", async () => {
    await migrateUp(service(one), database.adminUrl, { as: 'billing_owner' });
    expect(
      await database.query(`select distinct tableowner from pg_tables where schemaname = 'billing'`),
    ).toEqual([{ tableowner: 'billing_owner' }]);
  });

  it('may not be done by the app role, nor its record changed', async () => {
    await expect(migrateUp(service(one), database.appUrl('billing'))).rejects.toThrow(
      'permission denied for schema billing',
    );
    await migrateUp(service(one), owner);
    const app = await database.dataSource(service());
    expect(await query(app, 'select name from migrations')).toEqual([{ name: names[0] }]);
    for (const change of [
      `delete from migrations`,
      `update migrations set name = 'x'`,
      `insert into migrations ("timestamp", name) values (1, 'x')`,
    ]) {
      expect(await query(app, change).then(() => null, sqlState)).toBe('42501');
    }
  });

  it('refuses names that cannot be ordered', () => {
    expect(() => service(one, one)).toThrow('two migrations carry the time of CreateOne1763800000000');
    expect(() => service(migration('CreateOne', '', ''))).toThrow(
      'migration CreateOne must end in its time (13 digits)',
    );
  });
});

describe('down', () => {
  it('reverts the last, or down to one, or all; and up again gives the same schema', async () => {
    const all = service(one, two, three);
    await migrateUp(all, owner);
    const before = await schemaReport(database.adminUrl, all);
    expect(await migrateDown(all, owner)).toEqual({
      service: 'billing',
      done: [names[2]],
      current: names[1],
    });
    await migrateUp(all, owner);
    expect((await migrateDown(all, owner, { to: 'CreateOne' })).done).toEqual([names[2], names[1]]);
    expect((await migrateDown(all, owner, { to: '0' })).done).toEqual([names[0]]);
    expect(await migrateDown(all, owner)).toEqual({ service: 'billing', done: [], current: null });
    expect(await tables()).toEqual([]);
    await migrateUp(all, owner);
    expect(await schemaReport(database.adminUrl, all)).toBe(before);
  });

  it('does not touch what this code does not know', async () => {
    await migrateUp(service(one, two), owner);
    await expect(migrateDown(service(one), owner)).rejects.toThrow(
      'CreateTwo1763800001000 is applied but unknown to this code',
    );
    expect(await tables()).toEqual(['one', 'two']);
  });
});

describe('status and start', () => {
  it('shows what is applied, pending and unknown', async () => {
    expect((await migrationStatus(service(one), owner)).map(({ state }) => state)).toEqual(['pending']);
    await migrateUp(service(one, two), owner);
    const status = await migrationStatus(service(one, three), database.adminUrl, { as: 'billing_owner' });
    expect(status.map(({ name, state }) => [name, state])).toEqual([
      [names[0], 'applied'],
      [names[1], 'unknown'],
      [names[2], 'pending'],
    ]);
    expect(status[0]?.appliedAt).toBeInstanceOf(Date);
  });

  it('refuses a schema that is behind and names the command', async () => {
    const app = await database.dataSource(service());
    await expect(assertSchemaCurrent(app, service(one))).rejects.toThrow(SchemaBehindError);
    await migrateUp(service(one), owner);
    await assertSchemaCurrent(app, service(one));
    const behind = await assertSchemaCurrent(app, service(one, two)).catch((error: unknown) => error);
    expect(behind).toBeInstanceOf(SchemaBehindError);
    expect(behind).toHaveProperty(
      'message',
      'schema billing is behind: CreateTwo1763800001000 not applied. Run: npx turbo run migrate --filter=@hivesync/billing',
    );
  });

  it('runs on a schema that is ahead, unless by a breaking migration', async () => {
    const breaking = migration(
      'DropOne1763800003000',
      'drop table one',
      'create table one (id integer primary key)',
      true,
    );
    await migrateUp(service(one, two), owner);
    const app = await database.dataSource(service());
    await assertSchemaCurrent(app, service(one));
    await migrateUp(service(one, two, breaking), owner);
    await assertSchemaCurrent(app, service(one, two, breaking));
    const ahead = assertSchemaCurrent(app, service(one));
    await expect(ahead).rejects.toThrow(SchemaAheadError);
    await expect(ahead).rejects.toThrow('not compatible with it: DropOne1763800003000');
  });
});
