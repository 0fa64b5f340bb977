/** The short form of the suite, once through every kind of fault. The long one is `npm run test:faults`. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const repository = resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);

test('six rounds of faults lose nothing, double nothing and leave nothing dangling', async () => {
  const turbo = resolve(repository, 'node_modules/.bin/turbo');
  await run(turbo, ['run', 'build', '--output-logs=errors-only', '--filter=@hivesync/faults...'], {
    cwd: repository,
  });
  const main = resolve(import.meta.dirname, '../dist/run.js');
  const outcome = await run(process.execPath, [main, '--rounds', '6', '--seed', '1', '--json']).catch(
    (error: { stdout: string }) => error,
  );
  const report: unknown = JSON.parse(outcome.stdout);
  expect(report).toMatchObject({ findings: [], troubles: [], lost: 0, doubled: 0, dangling: 0, kills: 2 });
  expect(report).toHaveProperty('acknowledged');
  expect((report as { acknowledged: number }).acknowledged).toBeGreaterThan(10);
}, 300_000);
