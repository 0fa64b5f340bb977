import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bootstrap, databaseOf, defaultDatabase } from '../bootstrap/bootstrap.ts';
import { databaseUrl } from '../bootstrap/role-password.ts';
import { clusterFolder, dataFolder } from '../embedded/data-folder.ts';
import { ownerRole, type ServiceDatabase } from '../service-database.ts';
import type { Target } from './commands.ts';

/**
 * Finds the server, prepares it for this service where the login may, and runs `work` on it.
 *
 * A login that is the service's owner migrates as itself and prepares nothing. Any other login prepares what is
 * missing (see `bootstrap`) and becomes the owner for the migrations.
 */
export async function withTarget<T>(
  database: ServiceDatabase,
  folder: string,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const secret = env.HIVESYNC_ROLE_SECRET;
  const prepared = async (url: string): Promise<T> => {
    const owner = ownerRole(database.service);
    if (loginOf(url) === owner) return work({ url });
    const target = await bootstrap(url, {
      services: [database.service],
      ...(secret ? { roleSecret: secret } : {}),
    });
    return work({ url: target, as: owner });
  };
  if (env.DATABASE_URL) return prepared(env.DATABASE_URL);
  const { withEmbedded } = await import('../embedded/index.ts');
  return withEmbedded({ dataDir: embeddedFolder(folder, env), log }, ({ url }) =>
    prepared(databaseUrl(url, defaultDatabase)),
  );
}

/**
 * As {@link withTarget}, for a command that only looks: nothing is prepared, and the database need not be there.
 * `work` gets null where nobody has made the embedded cluster yet.
 */
export async function withTargetAsItIs<T>(
  database: ServiceDatabase,
  folder: string,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
  work: (target: Target | null) => Promise<T>,
): Promise<T> {
  const owner = ownerRole(database.service);
  const asItIs = (url: string): Promise<T> =>
    work(loginOf(url) === owner ? { url } : { url: databaseUrl(url, databaseOf(url)), as: owner });
  if (env.DATABASE_URL) return asItIs(env.DATABASE_URL);
  const { holdsCluster, withEmbedded } = await import('../embedded/index.ts');
  const dataDir = embeddedFolder(folder, env);
  if (!holdsCluster(dataDir)) return work(null);
  return withEmbedded({ dataDir, log }, ({ url }) => asItIs(databaseUrl(url, defaultDatabase)));
}

const embeddedFolder = (folder: string, env: NodeJS.ProcessEnv): string =>
  clusterFolder(dataFolder(repositoryRoot(folder), env));

function loginOf(url: string): string {
  if (!URL.canParse(url))
    throw new Error('DATABASE_URL is not a URL like postgres://user:password@host:5432/hivesync');
  return decodeURIComponent(new URL(url).username);
}

/** The nearest folder upwards with a `turbo.json`. */
function repositoryRoot(folder: string): string {
  if (existsSync(join(folder, 'turbo.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('there is no repository around this folder: set DATABASE_URL');
  return repositoryRoot(parent);
}
