/** The short form of the suite, once through every kind of fault. The long one is `npm run test:faults`. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { faultKinds } from '../src/schedule.ts';

const run = promisify(execFile);

test('one fault of each kind loses nothing, doubles nothing and leaves nothing dangling', async () => {
  const main = resolve(import.meta.dirname, '../dist/run.js');
  const outcome = await run(process.execPath, [
    main,
    '--rounds',
    String(faultKinds.length),
    '--seed',
    '1',
    '--json',
  ]).catch((error: { stdout: string }) => error);
  const report: unknown = JSON.parse(outcome.stdout);
  expect(report).toMatchObject({ findings: [], troubles: [], lost: 0, doubled: 0, dangling: 0, kills: 3 });
  expect(report).toMatchObject({ consumers_hit: 1 });
  expect(report).toHaveProperty('acknowledged');
  expect((report as { acknowledged: number }).acknowledged).toBeGreaterThan(10);
}, 600_000);
