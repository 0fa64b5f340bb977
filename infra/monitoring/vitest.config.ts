import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import withDatabase from '../../vitest.workspace-project.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default mergeConfig(
  withDatabase,
  defineConfig({
    test: { globalSetup: [here('../../packages/testing/src/global-setup.ts'), here('./test/build.ts')] },
  }),
);
