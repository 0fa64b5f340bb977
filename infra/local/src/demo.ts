/** `npm run demo`: walks the journey through the gateway that `npm start` runs, and prints every request and answer. */
import { randomBytes } from 'node:crypto';
import { ApiError } from '@hivesync/contracts';
import { createAdmin } from '@hivesync/identity';
import { dataFolder } from './data-folder.ts';
import { walkJourney } from './demo/journey.ts';
import { transcript } from './demo/transcript.ts';
import { withIdentityDatabase } from './identity-database.ts';
import { mailedToken } from './mailbox.ts';
import { oneLine } from './one-line.ts';
import { mailFolderIn } from './platform.ts';
import { choosePorts, host } from './ports.ts';

try {
  const url = process.env.HIVESYNC_URL ?? `http://${host}:${choosePorts(process.env).gateway}`;
  await reachable(url);
  const steps = await walkJourney({
    transcript: transcript(url, (line) => console.log(line)),
    makeAdmin: async (email) => {
      // She has signed up a moment ago, so that an account of that name must be there.
      await withIdentityDatabase((dataSource) => createAdmin(dataSource, { email, existing: true })).catch(
        (cause: unknown) => {
          if (!(cause instanceof ApiError) || cause.code !== 'NOT_FOUND') throw cause;
          throw new Error(
            `${url} uses another database: give both commands the same HIVESYNC_DATA_DIR and DATABASE_URL.`,
            { cause },
          );
        },
      );
      console.log(`npm run admin:create -- ${email} --existing`);
    },
    mailedToken: (email) => mailedToken(mailFolderIn(dataFolder()), email),
    run: randomBytes(3).toString('hex'),
  });
  console.log(`\nDone: ${steps} requests, every answer as expected. Browse on at ${url}/docs`);
} catch (error) {
  console.error(`\n${oneLine(error)}`);
  process.exitCode = 1;
}

async function reachable(url: string): Promise<void> {
  try {
    await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(3_000) });
  } catch (cause) {
    throw new Error(`Nothing answers at ${url}: run \`npm start\` first, in another terminal.`, { cause });
  }
}
