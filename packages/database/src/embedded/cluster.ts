import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Outcome, run } from './account.ts';
import { type Binaries, program } from './binaries.ts';
import { EmbeddedPostgresError } from './errors.ts';
import { handOver, type Places } from './places.ts';
import { readPostmaster, runsCluster } from './postmaster.ts';

export const superuser = 'postgres';

/*
 * The same order and the same idea of letters on every machine. Comparing is by code point
 * (PostgreSQL's own C.UTF-8); the system's locale only tells pg_trgm and full text search what a
 * letter is, and its name differs between systems.
 */
const letterLocales = process.platform === 'win32' ? ['C'] : ['C.UTF-8', 'en_US.UTF-8', 'C'];

function initdbParameters(folder: string, passwordFile: string, locale: string, durable: boolean): string[] {
  return [
    `--pgdata=${folder}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    `--lc-ctype=${locale}`,
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ];
}

/**
 * Makes the cluster. It grows under another name and gets its own when it is whole, so a crash or a
 * full disk meanwhile leaves nothing that looks like data.
 */
export async function initialize(
  places: Places,
  binaries: Binaries,
  options: { password: string; durable: boolean },
): Promise<void> {
  const folder = `${places.cluster}.new-${randomBytes(4).toString('hex')}`;
  const passwordFile = `${folder}.password`;
  try {
    await mkdir(folder, { mode: 0o700 });
    handOver(folder, places.account);
    await writeFile(passwordFile, options.password, { mode: 0o600 });
    handOver(passwordFile, places.account);
    let outcome: Outcome = { code: 1, output: '' };
    for (const locale of letterLocales) {
      const parameters = initdbParameters(folder, passwordFile, locale, options.durable);
      outcome = await run(program(binaries, 'initdb'), parameters, places.account);
      if (!outcome.output.includes('invalid locale')) break;
    }
    if (outcome.code !== 0) throw new EmbeddedPostgresError(explainInitdb(dirname(folder), outcome.output));
    await rename(folder, places.cluster);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(passwordFile, { force: true });
  }
}

function explainInitdb(folder: string, output: string): string {
  if (output.includes('No space left')) {
    return `The disk is full: PostgreSQL cannot write to ${folder}. Free some space and start again.`;
  }
  const reason = output.split('\n').find((line) => line.includes('error:')) ?? output.trim();
  return `PostgreSQL could not make a data folder in ${folder}: ${reason.replace(/^initdb: error: /, '')}`;
}

/**
 * Refuses a folder that PostgreSQL of this version cannot have made, before touching anything.
 *
 * @throws EmbeddedPostgresError
 */
export function examine(cluster: string, binaries: Binaries): void {
  if (readdirSync(cluster).length > 0) {
    const versionFile = join(cluster, 'PG_VERSION');
    const version = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim() : null;
    const wanted = binaries.release.split('.')[0];
    if (version === wanted && existsSync(join(cluster, 'global', 'pg_control'))) return;
    if (version !== null && /^\d+$/.test(version) && version !== wanted) {
      throw new EmbeddedPostgresError(
        `The data folder ${cluster} was made by PostgreSQL ${version}, this is ${wanted}: ` +
          'carry the data over with pg_upgrade or a dump, or move the folder away to start with an empty one.',
      );
    }
  }
  throw brokenFolder(cluster, 'files of PostgreSQL are missing in it');
}

function brokenFolder(cluster: string, reason: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `The data folder ${cluster} is broken (${reason}): restore it from a backup, or move it away ` +
      `(mv ${cluster} ${cluster}.broken) to start with an empty one. Nothing in it was changed.`,
  );
}

export interface ServerSettings {
  port: number;
  durable: boolean;
}

function serverOptions({ port, durable }: ServerSettings): string {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Details repeat whole rows and keys, names and addresses of people in them.
    log_error_verbosity: 'terse',
    max_connections: durable ? 200 : 400,
    ...(durable
      ? {}
      : {
          fsync: 'off',
          full_page_writes: 'off',
          synchronous_commit: 'off',
          wal_level: 'minimal',
          max_wal_senders: 0,
          autovacuum: 'off',
          checkpoint_timeout: '1h',
          max_wal_size: '256MB',
        }),
  };
  return [`-p ${port}`, ...Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)].join(' ');
}

/** Opens the log for the server's user, and begins a new one when it has grown past 10 MB. */
async function prepareLog(places: Places): Promise<number> {
  const size = statSync(places.log, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 10_000_000) await rename(places.log, `${places.log}.1`);
  closeSync(openSync(places.log, 'a', 0o600));
  handOver(places.log, places.account);
  return statSync(places.log).size;
}

export type StartOutcome = 'started' | 'port taken';

/**
 * Starts the server and waits until it takes connections. pg_ctl puts it into a session of its own:
 * Ctrl-C in the terminal does not reach it, so services can finish their work first.
 *
 * @throws EmbeddedPostgresError with the server's own reason
 */
export async function startServer(
  places: Places,
  binaries: Binaries,
  settings: ServerSettings,
): Promise<StartOutcome> {
  const before = readPostmaster(places.cluster);
  if (before && !runsCluster(before.pid, places.cluster)) {
    // Its pid may live on in another program, which PostgreSQL would take for the server.
    await rm(join(places.cluster, 'postmaster.pid'), { force: true });
  }
  if (places.account) chmodSync(dirname(places.cluster), 0o755);
  const logStart = await prepareLog(places);
  const outcome = await run(
    program(binaries, 'pg_ctl'),
    ['start', '-w', '-t', '120', '-D', places.cluster, '-l', places.log, '-o', serverOptions(settings)],
    places.account,
  );
  if (outcome.code === 0) return 'started';
  const said = readFileSync(places.log).subarray(logStart).toString('utf8');
  if (/could not bind IPv4 address.*(in use|10048)|Address already in use/.test(said)) return 'port taken';
  throw explainStart(places, said, outcome.output);
}

function explainStart(places: Places, said: string, pgCtl: string): EmbeddedPostgresError {
  if (said.includes('No space left')) {
    return new EmbeddedPostgresError(
      `The disk is full: PostgreSQL cannot write to ${places.cluster}. Free some space and start again.`,
    );
  }
  const lines = said.split('\n');
  const fatal =
    lines.findLast((line) => /\b(PANIC|FATAL):/.test(line)) ?? lines.findLast((line) => line !== '');
  const reason = (fatal ?? pgCtl.trim()).replace(/^.*?\b(PANIC|FATAL):\s*/, '');
  const broken =
    /could not (open|read|locate|find|access)|invalid|corrupt|incompatible|incorrect|not a valid|no such file/i;
  if (broken.test(reason)) return brokenFolder(places.cluster, reason);
  return new EmbeddedPostgresError(`PostgreSQL did not start: ${reason} (its log: ${places.log})`);
}

/** Stops the server in order: sessions are cut, what was committed is on disk. Up to 60 s. */
export async function stopServer(places: Places, binaries: Binaries): Promise<void> {
  const running = readPostmaster(places.cluster);
  if (!running || !runsCluster(running.pid, places.cluster)) return;
  const outcome = await run(
    program(binaries, 'pg_ctl'),
    ['stop', '-w', '-t', '60', '-m', 'fast', '-D', places.cluster],
    places.account,
  );
  const still = readPostmaster(places.cluster);
  if (outcome.code !== 0 && still && runsCluster(still.pid, places.cluster)) {
    throw new EmbeddedPostgresError(`PostgreSQL (pid ${still.pid}) did not stop: ${outcome.output.trim()}`);
  }
}

/** Gives the superuser a password again where its file was lost; the server must not be running. */
export async function resetPassword(places: Places, binaries: Binaries, password: string): Promise<void> {
  const outcome = await run(
    program(binaries, 'postgres'),
    ['--single', '-D', places.cluster, 'postgres'],
    places.account,
    `alter role ${superuser} password '${password}'\n`,
  );
  if (outcome.code !== 0) throw brokenFolder(places.cluster, outcome.output.trim().split('\n').at(-1) ?? '');
}
