import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

test('the README’s tour compiles with the generated names, in strict mode and without the settings of this repository', () => {
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--noUncheckedIndexedAccess',
    '--exactOptionalPropertyTypes',
    '--allowImportingTsExtensions',
    '--skipLibCheck',
    '--target',
    'es2024',
    '--lib',
    'es2024,dom',
    '--module',
    'nodenext',
  ];
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [compiler, ...options, join(import.meta.dirname, 'tour.ts')],
    {
      encoding: 'utf8',
    },
  );
  expect(stdout + stderr).toBe('');
  expect(status).toBe(0);
}, 120_000);
