import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import { withoutDatabase } from '../../vitest.workspace-project.ts';

export default mergeConfig(
  withoutDatabase,
  defineConfig({
    test: { globalSetup: fileURLToPath(new URL('./test/build.ts', import.meta.url)) },
  }),
);
