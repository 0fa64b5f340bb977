/** `npm start`: everything on this machine, in one process. */
import { dataFolder } from './data-folder.ts';
import { oneLine } from './one-line.ts';
import { startPlatform } from './platform.ts';
import { choosePorts } from './ports.ts';
import { summary } from './summary.ts';
import { logLevelOf, terminalLog } from './terminal-log.ts';

const begun = performance.now();
let stop: (() => Promise<void>) | undefined;
let stopping = false;

function onSignal(signal: NodeJS.Signals): void {
  if (stopping) {
    console.error('Stopped at once. What PostgreSQL had not written yet, it recovers at the next start.');
    process.exit(130);
  }
  stopping = true;
  if (!stop) return;
  console.log(`\n${signal}: stopping. Once more to force it.`);
  void end(stop);
}
process.on('SIGINT', onSignal).on('SIGTERM', onSignal);

async function end(finish: () => Promise<void>): Promise<void> {
  try {
    await finish();
    process.exit(0);
  } catch (error) {
    fail(error);
  }
}

/** One line for what a person can mend; the stack is for what nobody foresaw. */
function fail(error: unknown): void {
  if (process.env.DEBUG && error instanceof Error) console.error(error.stack);
  else console.error(oneLine(error));
  process.exit(1);
}

try {
  const ports = choosePorts(process.env);
  const platform = await startPlatform({
    ports,
    dataFolder: dataFolder(),
    serverUrl: process.env.DATABASE_URL,
    environment: process.env,
    logLevel: logLevelOf(process.env.LOG_LEVEL),
    ...(process.stdout.isTTY && { log: terminalLog }),
    say: (line) => console.log(line),
  });
  stop = platform.stop;
  // A Ctrl-C while things were starting: they are stopped as soon as they can be.
  if (stopping) await end(stop);
  console.log(summary({ ...platform, ports, milliseconds: performance.now() - begun }));
} catch (error) {
  fail(error);
}
