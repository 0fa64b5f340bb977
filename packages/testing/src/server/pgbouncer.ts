import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames } from '@hivesync/contracts';
import { appRole, ownerRole, rolePassword } from '@hivesync/database';
import { Client } from 'pg';

/** Where Debian puts it, which is not on everybody's path. */
const candidates = ['pgbouncer', '/usr/sbin/pgbouncer'];

/** The pgbouncer of this machine, or undefined where there is none. */
export const pgbouncerBinary = candidates.find(
  (binary) => spawnSync(binary, ['--version'], { stdio: 'ignore' }).status === 0,
);

export interface Pooler {
  /** A URL of the server, led through the pooler. */
  through(url: string): string;
  stop(): Promise<void>;
}

/**
 * A real pgbouncer in transaction mode before a server: for the login of `adminUrl` and for the roles of all services.
 * @throws Error where this machine has none; look at `pgbouncerBinary` first
 */
export async function startPgbouncer(adminUrl: string, roleSecret: string): Promise<Pooler> {
  if (!pgbouncerBinary) throw new Error('this machine has no pgbouncer');
  const server = new URL(adminUrl);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'hivesync-pgbouncer-'));
  // It gives root up, and must still read its files.
  chmodSync(folder, 0o755);
  const logins = [
    [decodeURIComponent(server.username), decodeURIComponent(server.password)],
    ...serviceNames.flatMap((service) =>
      [ownerRole(service), appRole(service)].map((role) => [role, rolePassword(roleSecret, role)]),
    ),
  ];
  const users = join(folder, 'users.txt');
  writeFileSync(users, logins.map(([name, password]) => `"${name}" "${password}"\n`).join(''));
  const ini = join(folder, 'pgbouncer.ini');
  writeFileSync(
    ini,
    `[databases]
* = host=${server.hostname} port=${server.port || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = transaction
default_pool_size = 8
max_client_conn = 1000
`,
  );
  const asRoot = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const pooler = spawn(pgbouncerBinary, ['-q', ...asRoot, ini], { stdio: 'ignore' });
  const through = (url: string) => {
    const led = new URL(url);
    led.hostname = '127.0.0.1';
    led.port = String(port);
    return led.href;
  };
  await answers(through(adminUrl), pooler);
  return {
    through,
    async stop() {
      const ended = once(pooler, 'exit');
      if (pooler.exitCode === null && pooler.kill('SIGKILL')) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('a server that listens has a port');
  return address.port;
}

async function answers(url: string, pooler: ChildProcess): Promise<void> {
  for (const until = Date.now() + 15_000; ; ) {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (error) {
      if (pooler.exitCode !== null)
        throw new Error(`pgbouncer ended with ${pooler.exitCode}`, { cause: error });
      if (Date.now() > until) throw error;
      await new Promise((done) => setTimeout(done, 100));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
