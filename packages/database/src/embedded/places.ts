import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { type Account, canReach, chooseAccount } from './account.ts';
import { EmbeddedPostgresError, hasCode } from './errors.ts';

/*
 * <dataDir>/           belongs to whoever runs us
 *   lock, users/       who is starting or stopping, who uses the server
 *   password, port     the superuser's password (0600) and the port of the last run
 *   location           only where the cluster is elsewhere: says where
 *   cluster/           PGDATA, and server.log beside it
 *
 * As root the server runs as another user, who may not get through to <dataDir> (a checkout under
 * /root, or a 0700 folder). Then cluster/ and server.log are in a folder under `sharedRoot()`.
 */
export interface Places {
  home: string;
  cluster: string;
  log: string;
  account: Account | null;
}

/** Not through a link: in /var/tmp anybody could have laid one. */
function isOurs(folder: string): boolean {
  const found = lstatSync(folder);
  return found.isDirectory() && found.uid === process.getuid?.();
}

/**
 * A folder that every user gets through to and only this one may write to. /var/tmp outlives a
 * reboot; there a folder that somebody else put in our way is not used.
 */
export function sharedRoot(): string {
  for (const folder of ['/var/lib/hivesync', '/var/tmp/hivesync', join(tmpdir(), 'hivesync')]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      if (!isOurs(folder)) continue;
      chmodSync(folder, 0o755);
      return folder;
    } catch (error) {
      if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR')) throw error;
    }
  }
  throw new EmbeddedPostgresError(
    'Neither /var/lib nor /var/tmp can hold a folder for PostgreSQL: start as a user other than root.',
  );
}

function readPointer(home: string): string | null {
  const pointer = join(home, 'location');
  return existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : null;
}

/**
 * The folder that `<home>/location` names, if it is still this home's. After `cp -r` of a checkout
 * two homes name one folder: it stays with the one it was made for, and the copy gets its own.
 */
function ownElsewhere(home: string): string | null {
  const folder = readPointer(home);
  if (folder === null || !existsSync(folder)) return null;
  const origin = join(folder, 'origin');
  const madeFor = existsSync(origin) ? readFileSync(origin, 'utf8').trim() : home;
  if (madeFor === home) return folder;
  if (existsSync(madeFor) && readPointer(madeFor) === folder) return null;
  writeFileSync(origin, `${home}\n`);
  return folder;
}

function makeElsewhere(home: string): string {
  const checkout = basename(dirname(dirname(home))).replaceAll(/[^A-Za-z0-9._-]/g, '_') || 'data';
  const folder = join(sharedRoot(), 'clusters', `${checkout}-${randomBytes(4).toString('hex')}`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  chmodSync(dirname(folder), 0o755);
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'origin'), `${home}\n`);
  writeFileSync(join(home, 'location'), `${folder}\n`);
  return folder;
}

/** Makes the home folder if it isn't there, and gives its real path. */
export function makeHome(dataDir: string): string {
  const folder = resolve(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return realpathSync(folder);
}

/** Whether a cluster has been made for this folder. Makes nothing. */
export function holdsCluster(dataDir: string): boolean {
  if (!existsSync(dataDir)) return false;
  const home = realpathSync(dataDir);
  return [home, readPointer(home)].some((folder) => folder !== null && existsSync(join(folder, 'cluster')));
}

/** Decides where the cluster is, or will be, and as whom the server runs. Call it under the lock. */
export async function findPlaces(home: string, log: (line: string) => void): Promise<Places> {
  const at = (folder: string, account: Account | null): Places => ({
    home,
    cluster: join(folder, 'cluster'),
    log: join(folder, 'server.log'),
    account,
  });
  const elsewhere = ownElsewhere(home);
  if (elsewhere) return at(elsewhere, await chooseAccount(join(elsewhere, 'cluster')));

  const account = await chooseAccount(join(home, 'cluster'));
  if (await canReach(home, account)) return at(home, account);
  if (existsSync(join(home, 'cluster'))) {
    throw new EmbeddedPostgresError(
      `${home} holds data, but the user that PostgreSQL runs as (uid ${account?.uid}) cannot get through to it: ` +
        `make the folders above it passable (chmod o+x).`,
    );
  }
  const folder = makeElsewhere(home);
  log(`PostgreSQL cannot run as root, and its own user cannot reach ${home}: its data is in ${folder}`);
  return at(folder, account);
}

/** A cluster that root copied or restored is root's: gives it to the user that the server runs as. */
export function handOverCopied(cluster: string, account: Account | null): void {
  if (account === null || statSync(cluster).uid === account.uid) return;
  for (const name of readdirSync(cluster, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(cluster, name), account.uid, account.gid);
  }
  chmodSync(cluster, 0o700);
  handOver(cluster, account);
}

/** Gives a file or folder to the user that the server runs as. */
export function handOver(path: string, account: Account | null): void {
  if (account) chownSync(path, account.uid, account.gid);
}
