import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareDatabase, emptyDatabase, type TestDatabase } from '@hivesync/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { databaseUrl, defineDatabase, schemaReport } from '../../src/index.ts';

let folder: string;
let lines: string[];
let errors: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hivesync-cli-'));
  // Else the account that PostgreSQL runs under, where root runs this, could not get in, and its cluster would be
  // made elsewhere and stay there.
  chmodSync(folder, 0o755);
  lines = [];
  errors = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  main(args, folder, env, { out: (line) => lines.push(line), error: (line) => errors.push(line) });

/** A built service in `folder`, with the migrations whose SQL is given. */
function build(...statements: string[]): void {
  mkdirSync(join(folder, 'dist/database'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const classes = statements.map((statement, at) => {
    const name = `Step176380000${at}000`;
    return `class extends Migration { name = '${name}'; async up(runner) { await runner.query(${JSON.stringify(statement)}); } async down(runner) { await runner.query('drop table t${at}'); } }`;
  });
  writeFileSync(
    join(folder, 'dist/database/data-source.js'),
    `class Migration {}\nexport const database = { service: 'billing', entities: [], migrations: [${classes.join(', ')}] };`,
  );
}

describe('hivesync-migrate', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await emptyDatabase();
  });

  it.each(['owner', 'admin'] as const)('as %s: up, again, status, revert', async (who) => {
    const env = { DATABASE_URL: who === 'owner' ? database.ownerUrl('billing') : database.adminUrl };
    build('create table t0 (id integer)', 'create table t1 (id integer)');
    expect(await run(['status'], env)).toBe(1);
    expect(lines.splice(0)).toEqual([
      'billing: pending Step1763800000000',
      'billing: pending Step1763800001000',
      'billing: 2 not applied',
    ]);
    expect(await run(['up'], env)).toBe(0);
    expect(lines.splice(0).at(-1)).toBe('billing: 2 applied, now at Step1763800001000');
    expect(await run(['up'], env)).toBe(0);
    expect(lines.splice(0)).toEqual(['billing: nothing to do, at Step1763800001000']);
    expect(await run(['status'], env)).toBe(0);
    expect(lines.splice(0).at(-1)).toBe('billing: up to date');
    expect(await run(['revert'], env)).toBe(2);
    expect(errors.splice(0)).toEqual(['revert loses what the last migration made: confirm with --yes']);
    expect(await run(['revert', '--yes'], env)).toBe(0);
    expect(lines.splice(0).at(-1)).toBe('billing: now at Step1763800000000');
    expect(
      await database.query(
        `select tablename, tableowner from pg_tables where schemaname = 'billing' and tablename like 't_'`,
      ),
    ).toEqual([{ tablename: 't0', tableowner: 'billing_owner' }]);
    expect(errors).toEqual([]);
  });

  it('verify compares the schema with schema.md, and exits 1 where they differ', async () => {
    const env = { DATABASE_URL: database.adminUrl };
    build('create table t0 (id integer)');
    const billing = defineDatabase({ service: 'billing', entities: [], migrations: [] });
    writeFileSync(join(folder, 'schema.md'), '');
    expect(await run(['verify'], env)).toBe(1);
    expect(lines.splice(0)).toEqual([
      'billing: not applied: Step1763800000000',
      'billing: 1 not applied: migrate first',
    ]);
    expect(await run(['up'], env)).toBe(0);
    writeFileSync(join(folder, 'schema.md'), await schemaReport(database.adminUrl, billing));
    lines.splice(0);
    expect(await run(['verify'], env)).toBe(0);
    expect(lines.splice(0)).toEqual(['billing: the schema is as schema.md says']);
    await database.query('revoke insert on billing.t0 from billing_app');
    expect(await run(['verify'], env)).toBe(1);
    expect(lines.splice(0)).toEqual([
      'billing: missing: t0: - `billing_app`: `delete, insert, select, update`',
      'billing: not expected: t0: - `billing_app`: `delete, select, update`',
      'billing: 2 differences from schema.md',
    ]);
  });

  it('prepares a bare database, for its own service only', async () => {
    const bare = await bareDatabase();
    build('create table t0 (id integer)');
    expect(await run(['up'], { DATABASE_URL: bare.adminUrl })).toBe(0);
    expect(
      await bare.query(`select nspname from pg_namespace where nspname in ('identity', 'billing')`),
    ).toEqual([{ nspname: 'billing' }]);
    expect(errors).toEqual([]);
  });

  it('status looks at a server without making anything', async () => {
    build('create table t0 (id integer)');
    const everythingPending = ['billing: pending Step1763800000000', 'billing: 1 not applied'];
    const bare = await bareDatabase();
    expect(await run(['status'], { DATABASE_URL: bare.adminUrl })).toBe(1);
    expect(lines.splice(0)).toEqual(everythingPending);
    expect(await bare.query(`select from pg_namespace where nspname = 'billing'`)).toEqual([]);
    expect(await bare.query(`select from pg_extension where extname = 'pg_trgm'`)).toEqual([]);
    const missing = databaseUrl(bare.adminUrl, `${bare.name}_none`);
    expect(await run(['status'], { DATABASE_URL: missing })).toBe(1);
    expect(lines.splice(0)).toEqual(everythingPending);
    expect(await bare.query('select from pg_database where datname = $1', [`${bare.name}_none`])).toEqual([]);
    writeFileSync(join(folder, 'turbo.json'), '{}');
    expect(await run(['status'])).toBe(1);
    expect(lines.splice(0)).toEqual(everythingPending);
    expect(existsSync(join(folder, '.data'))).toBe(false);
    expect(errors).toEqual([]);
  });

  it('keeps the embedded server where HIVESYNC_DATA_DIR says, from the repository', {
    timeout: 60_000,
  }, async () => {
    writeFileSync(join(folder, 'turbo.json'), '{}');
    build('create table t0 (id integer)');
    const env = { HIVESYNC_DATA_DIR: 'elsewhere' };
    expect(await run(['up'], env)).toBe(0);
    expect(readdirSync(folder)).not.toContain('.data');
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['postgres']);
    expect(await run(['status'], env)).toBe(0);
    expect(await run(['status'])).toBe(1);
  });

  it('uses the embedded server of the repository when it is given none', { timeout: 60_000 }, async () => {
    writeFileSync(join(folder, 'turbo.json'), '{}');
    build('create table t0 (id integer)');
    expect(await run(['up'])).toBe(0);
    expect(lines.splice(0).at(-1)).toBe('billing: 1 applied, now at Step1763800000000');
    expect(await run(['up'])).toBe(0);
    expect(lines.splice(0)).toEqual(['billing: nothing to do, at Step1763800000000']);
  });

  it('fails in one line that says which migration and why, and exits 1', async () => {
    build('create table t0 (id integer)', 'create table t1 (\n  id nonsense\n)');
    expect(await run(['up'], { DATABASE_URL: database.adminUrl })).toBe(1);
    expect(errors.splice(0)).toEqual([
      'billing: migration Step1763800001000 failed (up): type "nonsense" does not exist (SQLSTATE 42704)',
    ]);
    expect(await run(['up'], { DATABASE_URL: database.adminUrl, DEBUG: '1' })).toBe(1);
    expect(errors[0]).toContain('\n    at ');
  });

  it('says what is wrong with the server that it is given', async () => {
    build('create table t0 (id integer)');
    for (const [url, complaint] of [
      ['nonsense', 'DATABASE_URL is not a URL like'],
      ['postgres://someone:x@127.0.0.1:1/hivesync', 'ECONNREFUSED'],
      [
        database.appUrl('billing'),
        'this login may not become billing_owner: log in as billing_owner, or have a DBA grant',
      ],
    ]) {
      expect(await run(['up'], { DATABASE_URL: url })).toBe(1);
      expect(errors.splice(0).join()).toContain(complaint);
    }
  });

  it('says that it must be run in the folder of a built service', async () => {
    expect(await run(['up'], { DATABASE_URL: database.adminUrl })).toBe(1);
    expect(errors[0]).toContain("does not exist: run this in a service's folder, after npx turbo run build");
    expect(await run([])).toBe(2);
    expect(await run(['upp'])).toBe(2);
    expect(await run(['up', 'now'])).toBe(2);
    expect(errors.at(-1)).toContain('usage: hivesync-migrate');
  });
});

describe('create', () => {
  it('writes a migration named by time and intent', async () => {
    mkdirSync(join(folder, 'src/database'), { recursive: true });
    expect(await run(['create', 'add-task-priority'])).toBe(0);
    const path = /wrote (\S+);/.exec(lines[0] ?? '')?.[1] ?? '';
    expect(path).toMatch(/src\/database\/migrations\/\d{13}-add-task-priority\.ts$/);
    expect(readFileSync(path, 'utf8')).toMatch(
      /export class AddTaskPriority(\d{13}) implements MigrationInterface \{\n {2}name = 'AddTaskPriority\1';/,
    );
  });

  it('refuses an intent that says nothing, and a folder that is no service', async () => {
    for (const intent of ['x', 'Add-Thing', 'add_thing', '../../evil', ''])
      expect(await run(['create', intent])).not.toBe(0);
    expect(await run(['create', 'add-thing'])).toBe(1);
    expect(errors.at(-1)).toContain('has no src/database');
  });
});
