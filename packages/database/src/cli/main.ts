import { revert, status, up, verify } from './commands.ts';
import { createMigration } from './create-migration.ts';
import { loadDatabase } from './load-database.ts';
import { withTarget, withTargetAsItIs } from './target.ts';

const usage = `usage: hivesync-migrate <command>, run in a service's folder

  up                  apply every migration that is not applied
  status              show each migration, changing nothing; exit code 1 when some are not applied
  verify              compare the schema with the committed schema.md, changing nothing; exit code 1 where they differ
  revert --yes        revert the last migration; what it made is lost
  create <intent>     write a new migration, e.g. create add-task-priority

DATABASE_URL          the server; without it the embedded one is used
HIVESYNC_DATA_DIR     where the embedded one keeps its data, below the repository; default .data
HIVESYNC_ROLE_SECRET  when set, gives the roles their passwords
DEBUG                 when set, failures show their stack`;

/**
 * The command `hivesync-migrate`.
 * @param folder of the service
 * @returns the exit code: 0 done, 1 failed or behind, 2 wrong usage
 */
export async function main(
  args: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
  print: { out: (line: string) => void; error: (line: string) => void } = {
    out: console.log,
    error: console.error,
  },
): Promise<number> {
  const [command, ...rest] = args;
  try {
    switch (command) {
      case 'create': {
        const [intent, ...more] = rest;
        if (!intent || more.length > 0) break;
        print.out(await createMigration(folder, intent));
        return 0;
      }
      case 'up': {
        if (rest.length > 0) break;
        const database = await loadDatabase(folder);
        return await withTarget(database, folder, env, print.error, (target) =>
          up(database, target, print.out),
        );
      }
      case 'status': {
        if (rest.length > 0) break;
        const database = await loadDatabase(folder);
        return await withTargetAsItIs(database, folder, env, print.error, (target) =>
          status(database, target, print.out),
        );
      }
      case 'verify': {
        if (rest.length > 0) break;
        const database = await loadDatabase(folder);
        return await withTargetAsItIs(database, folder, env, print.error, (target) =>
          verify(database, folder, target, print.out),
        );
      }
      case 'revert': {
        if (rest.length !== 1 || rest[0] !== '--yes') {
          print.error('revert loses what the last migration made: confirm with --yes');
          return 2;
        }
        const database = await loadDatabase(folder);
        return await withTarget(database, folder, env, print.error, (target) =>
          revert(database, target, print.out),
        );
      }
    }
    print.error(usage);
    return 2;
  } catch (error) {
    print.error(env.DEBUG && error instanceof Error ? (error.stack ?? error.message) : oneLine(error));
    return 1;
  }
}

function oneLine(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return oneLine(error.errors[0]);
  const message = error instanceof Error ? error.message || error.name : String(error);
  return message.replaceAll(/\s*\n\s*/g, ' ');
}
