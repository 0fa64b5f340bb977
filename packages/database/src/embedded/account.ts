import { execFile, execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { EmbeddedPostgresError, hasCode } from './errors.ts';

/** The user to run PostgreSQL as where this process is root, which PostgreSQL refuses. */
export interface Account {
  uid: number;
  gid: number;
}

export interface Outcome {
  code: number;
  output: string;
}

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Without PG* settings of the caller's shell, and with messages and times that don't vary by machine. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * Runs a program to its end, as `account` where one is given. Its working directory is the root:
 * an inherited one may be closed to that user.
 */
export function run(
  program: string,
  parameters: string[],
  account: Account | null,
  stdin?: string,
): Promise<Outcome> {
  const cwd = process.platform === 'win32' ? undefined : '/';
  const options = { ...account, cwd, env: environment(), windowsHide: true, maxBuffer: 16 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    const child = execFile(program, parameters, options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      if (error === null) resolve({ code: 0, output });
      else if (typeof error.code === 'number') resolve({ code: error.code, output });
      else if (error.signal) resolve({ code: 128, output: `${output}ended by ${error.signal}` });
      else reject(error);
    });
    // A program that ends without reading it says why by its end.
    child.stdin?.on('error', () => undefined).end(stdin);
  });
}

function lookUp(name: string): Account | null {
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}

async function createPostgresUser(): Promise<Account | null> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], null);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EACCES')) throw error;
  }
  return lookUp('postgres');
}

/**
 * Whom to run PostgreSQL as: null for the present user; where that is root, the owner of the cluster
 * that is already there, else the user `postgres`, made if the system lets us, else `nobody`.
 */
export async function chooseAccount(cluster: string): Promise<Account | null> {
  if (!isRoot()) return null;
  const owner = statSync(cluster, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = lookUp('postgres') ?? (await createPostgresUser()) ?? lookUp('nobody');
  if (!account) {
    throw new EmbeddedPostgresError(
      'PostgreSQL refuses to run as root, and there is no user to run it as: create one named postgres.',
    );
  }
  return account;
}

/** Whether that user gets through to the folder; ACLs and mount options count, so it is really tried. */
export async function canReach(folder: string, account: Account | null): Promise<boolean> {
  if (account === null) return true;
  return (await run('test', ['-x', folder], account)).code === 0;
}
