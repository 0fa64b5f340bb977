import type { TestProject } from 'vitest/node';
import type { TestContext } from './context.ts';
import { openTestServer } from './server/test-server.ts';
import { withClient } from './sql.ts';
import { dropTemplates, makeTemplates } from './templates.ts';

interface TestRun {
  context: TestContext;
  close(): Promise<void>;
}

/** One for the whole process: each Vitest project loads this module anew, but all share a server. */
interface Shared {
  users: number;
  run: Promise<TestRun> | null;
}

const key = Symbol.for('hivesync.testing');
const holder: typeof globalThis & { [key]?: Shared } = globalThis;

async function open(): Promise<TestRun> {
  const startedAt = Date.now();
  const server = await openTestServer();
  try {
    const version = await withClient(server.adminUrl, async (client) => {
      const { rows } = await client.query<{ server_version: string }>('show server_version');
      return rows[0]?.server_version ?? '?';
    });
    const context = await makeTemplates(server.adminUrl);
    console.log(
      `tests run on PostgreSQL ${version} (${server.kind}), migrated in ${Date.now() - startedAt} ms`,
    );
    for (const [service, reason] of Object.entries(context.failures)) {
      console.error(`migrations of ${service} failed: ${reason}`);
    }
    const close = async () => {
      if (server.outlivesRun) await dropTemplates(context);
      await server.stop();
    };
    return { context, close };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Vitest's global setup: the first project of a run opens the server and migrates the templates, the
 * last one to end closes it. Works alike for the root's run and for one package's.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  holder[key] ??= { users: 0, run: null };
  const shared = holder[key];
  shared.users += 1;
  shared.run ??= open();
  const { context, close } = await shared.run;
  project.provide('hivesync', context);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    shared.run = null;
    await close();
  };
}
