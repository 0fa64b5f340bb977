/** `npm run test:faults -- --rounds N --seed S`: 0 where nothing was lost, 1 where something was, 2 where it could not run. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Platform, startPlatform } from './platform.ts';
import { summaryOf, textOf } from './report.ts';
import { runSuite } from './suite.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    writers: { type: 'string', default: '4' },
    json: { type: 'boolean', default: false },
  },
});

const begun = Date.now();
const folder = mkdtempSync(join(tmpdir(), 'hivesync-faults-'));
// PostgreSQL may run as another user, who has to get to its folder.
chmodSync(folder, 0o755);

let platform: Promise<Platform> | undefined;
let stopping: Promise<void> | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void stop().finally(() => process.exit(2)));
}

try {
  const rounds = whole('rounds', values.rounds);
  const seed = whole('seed', values.seed);
  platform = startPlatform(folder);
  const say = (line: string) => void (values.json || console.log(line));
  say(`seed ${seed}, ${rounds} rounds, logs in ${join(folder, 'logs')}`);
  const report = await runSuite(await platform, {
    rounds,
    seed,
    writers: whole('writers', values.writers),
    say,
  });
  const failed = report.findings.length > 0 || report.troubles.length > 0;
  const summary = summaryOf(report, Date.now() - begun);
  console.log(values.json ? JSON.stringify(summary) : textOf(summary));
  await stop();
  if (!failed) rmSync(folder, { recursive: true });
  process.exitCode = failed ? 1 : 0;
} catch (error) {
  console.error(error);
  await stop();
  process.exitCode = 2;
}

/** Also one that is only starting: once it has. Asked twice, both wait for the end. */
function stop(): Promise<void> {
  stopping ??= (async () => {
    // Where it did not start, it has tidied up after itself.
    const running = await platform?.catch(() => undefined);
    await running?.stop();
  })();
  return stopping;
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new RangeError(`--${name} must be a whole number`);
  return number;
}
