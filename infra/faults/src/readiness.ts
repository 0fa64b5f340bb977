import { readFileSync } from 'node:fs';
import type { ServiceName } from '@hivesync/contracts';
import { inWords } from '@hivesync/local';
import { type Patience, waitUntilDone } from './patience.ts';

/** What a service that is not ready says of it. */
export interface Unready {
  service: ServiceName;
  /** The checks that fail, without what changes from one moment to the next; or why there was no answer. */
  failing: string;
  /** Status and body of `GET /health/ready`, or why there were none. */
  answer: string;
  /** The last lines of its log. */
  log: string[];
}

interface Asked {
  service: ServiceName;
  url: string;
  logFile: string;
}

/** Its own checks of the database wait a second each: on a slow machine they all take theirs, and answer then. */
const answerWithinMs = 10_000;
const logLines = 10;

/** Null where the service is ready. */
export async function askReadiness({ service, url, logFile }: Asked): Promise<Unready | null> {
  const unready = (failing: string, answer: string): Unready => ({
    service,
    failing,
    answer,
    log: readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-logLines).map(readable),
  });
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(answerWithinMs) });
    const body = await response.text();
    return response.ok ? null : unready(failingChecks(body), `${response.status} ${body}`);
  } catch (error) {
    // Nobody listens, or it stands still.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return unready('no answer', `no answer: ${cause}`);
  }
}

/**
 * Waits until all of them are ready at once.
 * @returns those that are not when patience is over
 */
export async function waitUntilReady(services: readonly Asked[], patience: Patience): Promise<Unready[]> {
  let unready: Unready[] = [];
  await waitUntilDone(async () => {
    unready = (await Promise.all(services.map(askReadiness))).filter((answer) => answer !== null);
    return unready.map(({ service, failing }) => `${service}: ${failing}`);
  }, patience);
  return unready;
}

/** For people: which one, what it answers and what it wrote last. */
export const describeUnready = ({ service, answer, log }: Unready): string =>
  [`${service} is not ready: GET /health/ready: ${answer}`, ...log.map((line) => `  its log: ${line}`)].join(
    '\n',
  );

function readable(line: string): string {
  try {
    return inWords(line);
  } catch {
    // What Node itself writes when a process ends is not JSON.
    return line;
  }
}

function failingChecks(body: string): string {
  try {
    const { checks } = JSON.parse(body) as { checks: Record<string, { status: string }> };
    return JSON.stringify(Object.entries(checks).filter(([, { status }]) => status !== 'ok'));
  } catch {
    // Not what readiness looks like: the error of something in between, which is told as it is.
    return body;
  }
}
