import { execFile, execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atFileEnd } from './file-end.ts';

const root = '/usr/lib/postgresql';

/** What a rehearsal of backups and failovers needs; the PostgreSQL of the npm packages is the server alone. */
const needed = ['initdb', 'pg_ctl', 'pg_basebackup', 'pg_dump', 'pg_restore'];

/** PostgreSQL as the system's packages install it, the oldest version that is there; or why it cannot be used. */
export type InstalledPostgres = { version: number; bin: string } | { reason: string };

export function installedPostgres(): InstalledPostgres {
  const versions = existsSync(root) ? readdirSync(root).map(Number).filter(Number.isInteger) : [];
  const version = versions
    .sort((a, b) => a - b)
    .find((one) => needed.every((program) => existsSync(join(root, String(one), 'bin', program))));
  if (version === undefined) return { reason: `no PostgreSQL with ${needed.join(', ')} under ${root}` };
  return { version, bin: join(root, String(version), 'bin') };
}

/** A cluster of one test file, with the durability of a real one. Stopped and removed when the file ends. */
export interface Cluster {
  /** Of the superuser, to the database `postgres`. */
  url: string;
  /** A folder that its user may write to, for dumps. It goes with the cluster. */
  home: string;
  /** Runs one of PostgreSQL's programs against this cluster: `pg_dump`, `pg_restore`. */
  run(program: string, parameters: string[]): Promise<string>;
  /** A standby that streams from this cluster, asynchronously; its superuser is the same. */
  standby(): Promise<Cluster>;
  /** Ends a standby's recovery: it is a primary from then on. */
  promote(): Promise<void>;
  /** Ends the server as a failure of its machine would: at once, with nothing handed over. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** The folder of the stopped cluster put in place of what is there now; `copy` made it. */
  putBack(copy: string): Promise<void>;
  /** A copy of the folder as it is. */
  copy(): Promise<string>;
}

interface Account {
  uid?: number;
  gid?: number;
}

/** PostgreSQL refuses to be root. */
function account(): Account {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Makes and starts a cluster of the installed PostgreSQL. */
export async function startCluster({ bin }: { bin: string }): Promise<Cluster> {
  const owner = account();
  const home = mkdtempSync(join(tmpdir(), 'hivesync-cluster-'));
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(home, owner.uid, owner.gid);
  const clusters: { stop(): Promise<void> }[] = [];
  atFileEnd(async () => {
    for (const cluster of clusters) await cluster.stop();
    rmSync(home, { recursive: true });
  });
  const call = async (program: string, parameters: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(join(bin, program), parameters, {
      ...owner,
      cwd: '/',
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      maxBuffer: 64 * 1_024 * 1_024,
    });
    return stdout;
  };
  const shell = (program: string, parameters: string[]) =>
    promisify(execFile)(program, parameters, { ...owner, cwd: '/' });

  async function serve(folder: string): Promise<Cluster> {
    const port = await freePort();
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
    const start = async () => {
      // Its own output goes to a file: a pipe that it inherits would keep pg_ctl's caller waiting.
      await call('pg_ctl', ['start', '-w', '-D', folder, '-l', `${folder}.log`, '-o', settings]);
    };
    const end = (mode: string) => call('pg_ctl', ['stop', '-w', '-D', folder, '-m', mode]);
    const running = () => existsSync(join(folder, 'postmaster.pid'));
    await start();
    clusters.push({
      stop: async () => {
        if (running()) await end('immediate');
      },
    });
    let copies = 0;
    return {
      url,
      home,
      start,
      run: (program, parameters) =>
        call(program, ['-h', '127.0.0.1', '-p', `${port}`, '-U', 'postgres', ...parameters]),
      standby: async () => {
        const other = join(home, `standby-${clusters.length}`);
        await call('pg_basebackup', ['-d', url, '-D', other, '-R', '-X', 'stream', '-c', 'fast']);
        return serve(other);
      },
      promote: async () => {
        await call('pg_ctl', ['promote', '-w', '-D', folder]);
      },
      kill: async () => {
        await end('immediate');
      },
      copy: async () => {
        copies += 1;
        const to = `${folder}.copy-${copies}`;
        await shell('cp', ['-a', folder, to]);
        return to;
      },
      putBack: async (copy) => {
        rmSync(folder, { recursive: true });
        await shell('cp', ['-a', copy, folder]);
      },
    };
  }

  const primary = join(home, 'primary');
  await call('initdb', ['-D', primary, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C']);
  writeFileSync(join(primary, 'postgresql.auto.conf'), 'max_connections = 100\n', { flag: 'a' });
  return serve(primary);
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen({ port: 0, host: '127.0.0.1' }, () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}
