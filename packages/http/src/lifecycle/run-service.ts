import closeWithGrace from 'close-with-grace';
import type { App } from '../app/app.ts';
import { startService, stopService } from './start-service.ts';

const graceMs = 10_000;

/**
 * A service's `main.ts`: builds the app from the environment, starts it, and closes it on SIGTERM or SIGINT within
 * 10 s (exit 0). Exits 1 with one line on stderr where the configuration or the database does not fit.
 */
export async function runService(
  build: (env: NodeJS.ProcessEnv) => Promise<App>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  let app: App | undefined;
  try {
    app = await build(env);
    const running = app;
    closeWithGrace({ delay: graceMs, logger: loggerOf(running) }, async ({ err, signal }) => {
      if (err) running.log.fatal({ err }, 'closing after an error that nobody caught');
      else running.log.info({ signal }, 'closing');
      await stopService(running);
    });
    const { url, started } = await startService(running);
    running.log.info({ url }, 'listening');
    await started;
    if (!running.lifecycle.draining) running.log.info({}, 'ready');
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
    await app?.close();
    process.exit(1);
  }
}

/**
 * Told where it ends before everything is closed: the time is over, or a second signal or error comes. The bare error
 * is handed over, but our serializer only sees what stands under `err`.
 */
const loggerOf = (app: App) => ({
  error: (detail: unknown) =>
    app.log.error(
      detail instanceof Error ? { err: detail } : { why: detail },
      'ended before everything was closed',
    ),
});
