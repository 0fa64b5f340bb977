/** `npm start`: everything on this machine, in one process. */
import { dataFolder } from './data-folder.ts';
import { oneLine } from './one-line.ts';
import { type Platform, startPlatform } from './platform.ts';
import { choosePorts } from './ports.ts';
import { summary } from './summary.ts';
import { logLevelOf, terminalLog } from './terminal-log.ts';

const begun = performance.now();
/** By shells' convention: 128 and the number of SIGINT. */
const interruptedCode = 130;
const interrupted = new AbortController();
let platform: Platform | undefined;

function onSignal(signal: NodeJS.Signals): void {
  if (interrupted.signal.aborted) {
    console.error('Stopped at once. PostgreSQL may run on: the next start takes it over.');
    process.exit(interruptedCode);
  }
  interrupted.abort();
  console.log(
    platform
      ? `\n${signal}: stopping. Once more to force it.`
      : `\n${signal}: stopping what has been started, as soon as the step under way allows. Once more to force it.`,
  );
  if (platform) void stop(platform);
}
process.on('SIGINT', onSignal).on('SIGTERM', onSignal);

async function stop(running: Platform): Promise<void> {
  try {
    await running.stop();
    process.exit(0);
  } catch (error) {
    fail(error);
  }
}

/** One line for what a person can mend; the stack is for what nobody foresaw. */
function fail(error: unknown): never {
  if (process.env.DEBUG && error instanceof Error) console.error(error.stack);
  else console.error(oneLine(error));
  process.exit(1);
}

try {
  const ports = choosePorts(process.env);
  const folder = dataFolder();
  platform = await startPlatform({
    ports,
    dataFolder: folder,
    serverUrl: process.env.DATABASE_URL,
    environment: process.env,
    logLevel: logLevelOf(process.env.LOG_LEVEL),
    ...(process.stdout.isTTY && { log: terminalLog }),
    say: (line) => console.log(line),
    signal: interrupted.signal,
  });
  console.log(summary({ ...platform, ports, milliseconds: performance.now() - begun }));
} catch (error) {
  // Whatever else a start fails with then is Ctrl-C's doing: it reaches the programs that make the database, too. What
  // could not be stopped comes as an error that suppressed the other.
  if (!interrupted.signal.aborted || error instanceof SuppressedError) fail(error);
  console.log('Stopped. Nothing is left running.');
  process.exit(interruptedCode);
}
