import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Packages of the workspace are taken from their sources, so tests need no build: in the tests (`ssr`), in the
 * global setup (which has an environment of its own), and in processes that tests start.
 */
const sources = {
  name: 'hivesync:sources',
  configEnvironment: () => ({ resolve: { conditions: ['source'] } }),
};

/** What every package's tests share, whether they need a database or not. */
const shared: ViteUserConfig = {
  plugins: [sources],
  ssr: { resolve: { conditions: ['source'] } },
};
const tests: ViteUserConfig['test'] = {
  include: ['test/**/*.test.ts'],
  environment: 'node',
  // Tests wait for PostgreSQL and for processes about as long as they compute, so two run at once on the smallest
  // machine; beyond eight they would crowd PostgreSQL's connections.
  maxWorkers: Math.min(Math.max(availableParallelism() - 1, 2), 8),
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // A machine that is busy with other test files may be slow to show what a test waits for.
  expect: { poll: { timeout: 10_000 } },
};

/** For packages whose tests need no database: starting one would be for nothing. */
export const withoutDatabase = defineConfig({ ...shared, test: tests });

/** For all others: one PostgreSQL a run, migrated once, from which each test file gets a copy. */
export default defineConfig({
  ...shared,
  test: {
    ...tests,
    globalSetup: here('./packages/testing/src/global-setup.ts'),
    setupFiles: here('./packages/testing/src/file-setup.ts'),
  },
});
