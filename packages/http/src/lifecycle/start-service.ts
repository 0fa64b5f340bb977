import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../app/app.ts';

export interface StartedService {
  /** Where it listens, e.g. `http://127.0.0.1:8082`. */
  url: string;
  /** Resolves when the database is there and everything runs; rejects where the database does not fit. */
  started: Promise<void>;
}

/** Milliseconds for which a database that does not fit is waited for, so that it is found before anything listens. */
const patienceMs = 2_000;
/** With the draining before it, less than the 10 s after which the process is ended. */
const inFlightMs = 6_000;

/**
 * Starts an app: its background work, then listening at its configured host and port (or those given). A database
 * that is not there holds it up for 2 s at most: it then listens, fails readiness and answers 503 until it comes.
 * Several apps may run in one process: no signal handler is set.
 * @throws UnfitDatabaseError (schema behind or ahead, wrong login), or the error of `listen`
 */
export async function startService(
  app: App,
  at: { host?: string; port?: number } = {},
): Promise<StartedService> {
  await app.ready();
  const started = app.lifecycle.start();
  started.catch(() => undefined); // whoever wants to know awaits it
  await Promise.race([started, sleep(patienceMs, undefined, { ref: false })]);
  const { HOST, PORT } = app.config;
  const url = await app.listen({ host: at.host ?? HOST, port: at.port ?? PORT });
  return { url, started };
}

/**
 * Ends an app gracefully: readiness fails first, then no more requests are taken while those in flight finish (6 s
 * at most) and consumers stop, then the pool closes. Within 10 s by the limits of DRAIN_SECONDS.
 */
export async function stopService(app: App): Promise<void> {
  app.lifecycle.drain();
  if (app.server.listening && app.config.DRAIN_SECONDS > 0) {
    await sleep(app.config.DRAIN_SECONDS * 1_000);
  }
  const force = setTimeout(() => app.server.closeAllConnections(), inFlightMs);
  try {
    await app.close();
  } finally {
    clearTimeout(force);
  }
}
