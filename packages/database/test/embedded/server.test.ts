import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startEmbedded, withEmbedded } from '../../src/embedded/index.ts';
import { ended, isRunning, newFolder, owner, query, serverPid, tidy } from './servers.ts';

const parent = newFolder();
chmodSync(parent, 0o755);
const dataDir = join(parent, 'postgres');
const lines: string[] = [];
const options = { dataDir, log: (line: string) => lines.push(line) };
const count = async (url: string) =>
  (await query<{ n: number }>(url, 'select count(*)::int as n from kept'))[0]?.n;

afterAll(async () => {
  await tidy(dataDir);
  rmSync(parent, { recursive: true, force: true });
});

/* The tests share one data folder, as runs of one checkout do; each leaves it stopped. */
describe('the embedded server', () => {
  it('is a PostgreSQL with a password, UTF-8, one order of text, on loopback alone', async () => {
    const server = await startEmbedded(options);
    expect(server.adopted).toBe(false);
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
    const [settings] = await query(
      server.url,
      `select current_setting('listen_addresses') as addresses,
              current_setting('unix_socket_directories') as sockets,
              current_setting('password_encryption') as password,
              current_setting('fsync') as fsync,
              current_setting('server_encoding') as encoding,
              (select datlocale from pg_database where datname = current_database()) as locale,
              upper('äß') as upper`,
    );
    expect(settings).toEqual({
      addresses: '127.0.0.1',
      sockets: '',
      password: 'scram-sha-256',
      fsync: 'on',
      encoding: 'UTF8',
      locale: 'C.UTF-8',
      upper: 'Äß',
    });
    expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    await query(server.url, 'create table kept (id int); insert into kept values (1)');
    const twice = `create table people (email text unique); insert into people select 'a@b.example' from generate_series(1, 2)`;
    await expect(query(server.url, twice)).rejects.toMatchObject({
      code: '23505',
      detail: expect.stringContaining('a@b.example'),
    });
    const log = readFileSync(join(dataDir, 'server.log'), 'utf8');
    expect(log).toContain('violates unique constraint');
    expect(log).not.toContain('(a@b.example)');
    await server.stop();
    await server.stop();
    await expect(query(server.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(readdirSync(dataDir)).not.toContain('lock');
    expect(readdirSync(join(dataDir, 'users'))).toEqual([]);
  });

  it('keeps its data, its password and its port from run to run', async () => {
    const first = await withEmbedded(options, async ({ url }) => url);
    const second = await startEmbedded(options);
    expect(second).toMatchObject({ url: first, adopted: false });
    expect(await count(second.url)).toBe(1);
    await second.stop();
  });

  it('is taken over from a process that was killed', async () => {
    const crashed = await owner(dataDir);
    crashed.child.kill('SIGKILL');
    await once(crashed.child, 'exit');
    lines.length = 0;
    const server = await startEmbedded(options);
    expect(server).toMatchObject({ url: crashed.url, adopted: true });
    expect(lines.join()).toContain('still running');
    const pid = serverPid(server.cluster);
    await server.stop();
    expect(isRunning(pid)).toBe(false);
  });

  it('recovers after it was killed itself', async () => {
    const before = await startEmbedded(options);
    await query(before.url, 'insert into kept values (2)');
    const pid = serverPid(before.cluster);
    process.kill(pid, 'SIGKILL');
    await ended(pid);
    expect(existsSync(join(before.cluster, 'postmaster.pid'))).toBe(true);
    const after = await startEmbedded(options);
    expect(after.adopted).toBe(false);
    expect(await count(after.url)).toBe(2);
    await before.stop();
    expect(await count(after.url)).toBe(2);
    await after.stop();
  });

  it('is not misled by a pid file that names another program, or by a lock of a dead process', async () => {
    const cluster = join(dataDir, 'cluster');
    writeFileSync(
      join(cluster, 'postmaster.pid'),
      `${process.pid}\n${cluster}\n1\n5432\n\n127.0.0.1\n\nready\n`,
    );
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: process.pid, identity: 'a former life' }));
    const server = await startEmbedded(options);
    expect(await count(server.url)).toBe(2);
    await server.stop();
  });

  it('is one server for six that start at once, until the last has left', async () => {
    const owners = await Promise.all(Array.from({ length: 6 }, () => owner(dataDir)));
    expect(new Set(owners.map(({ url }) => url)).size).toBe(1);
    expect(owners.filter(({ adopted }) => !adopted)).toHaveLength(1);
    const pid = serverPid(join(dataDir, 'cluster'));
    const [last, ...others] = owners;
    for (const other of others) expect(await other.stop()).toBe(0);
    expect(await count(last?.url ?? '')).toBe(2);
    expect(await last?.stop()).toBe(0);
    expect(isRunning(pid)).toBe(false);
  });

  it('outlives Ctrl-C, so that services can finish', async () => {
    const started = await owner(dataDir);
    process.kill(-(started.child.pid ?? 0), 'SIGINT');
    expect(await started.line()).toBe('SIGINT');
    expect(await count(started.url)).toBe(2);
    expect(await started.stop()).toBe(0);
  });

  it('takes another port where its own is in use, and says so where one is demanded', async () => {
    const port = Number(readFileSync(join(dataDir, 'port'), 'utf8'));
    const squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening');
    const server = await startEmbedded(options);
    expect(server.port).not.toBe(port);
    expect(await count(server.url)).toBe(2);
    await expect(startEmbedded({ ...options, port })).rejects.toThrow(`in use on port ${server.port}`);
    await server.stop();
    await expect(startEmbedded({ ...options, port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`);
    squatter.close();
    await once(squatter, 'close');
    await withEmbedded({ ...options, port }, async (demanded) => expect(demanded.port).toBe(port));
  });

  it('gets a new password where the file was lost, even while it runs', async () => {
    const left = await owner(dataDir);
    left.child.kill('SIGKILL');
    await once(left.child, 'exit');
    rmSync(join(dataDir, 'password'));
    const server = await startEmbedded(options);
    expect(server.url).not.toBe(left.url);
    expect(await count(server.url)).toBe(2);
    await server.stop();
  });

  it('tells which folder is broken and what to do, and changes nothing in it', async () => {
    const broken = join(parent, 'broken');
    cpSync(dataDir, broken, { recursive: true });
    const cluster = join(broken, 'cluster');
    const remedy = `mv ${cluster} ${cluster}.broken`;
    const control = readFileSync(join(cluster, 'global', 'pg_control'));
    const attempt = () => startEmbedded({ dataDir: broken });

    writeFileSync(join(cluster, 'PG_VERSION'), '15\n');
    await expect(attempt()).rejects.toThrow('was made by PostgreSQL 15');
    rmSync(join(cluster, 'PG_VERSION'));
    await expect(attempt()).rejects.toThrow(remedy);
    cpSync(join(dataDir, 'cluster', 'PG_VERSION'), join(cluster, 'PG_VERSION'));
    writeFileSync(join(cluster, 'global', 'pg_control'), control.fill(0));
    await expect(attempt()).rejects.toThrow(remedy);
    expect(readFileSync(join(cluster, 'global', 'pg_control'))).toEqual(control);
    const message = await attempt().catch((error: Error) => error.message);
    expect(message).not.toContain('\n');

    cpSync(cluster, `${cluster}.broken`, { recursive: true });
    rmSync(cluster, { recursive: true });
    await withEmbedded({ dataDir: broken }, async ({ url }) => {
      await expect(count(url)).rejects.toMatchObject({ code: '42P01' });
    });
  });

  it('tells in one line that a data folder cannot be', async () => {
    const file = join(parent, 'file');
    writeFileSync(file, '');
    await expect(startEmbedded({ dataDir: join(file, 'postgres') })).rejects.toThrow('is not a folder');
  });
});
