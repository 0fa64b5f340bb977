/** A service that does not become ready again is named, with what it answers and what it wrote last. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appRole } from '@hivesync/database';
import { expect, onTestFinished, test } from 'vitest';
import { patienceAfter, waitUntilDone } from '../src/patience.ts';
import { startPlatform } from '../src/platform.ts';
import { summaryOf, textOf } from '../src/report.ts';
import { runSuite } from '../src/suite.ts';

const impatient = { stillMs: 3_000, longestMs: 60_000 };

test('a service whose database refuses it is named in the report, with its readiness answer and its log', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hivesync-unready-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const platform = await startPlatform(folder);
  onTestFinished(() => platform.stop());
  await platform.postgres.query(`alter role ${appRole('billing')} nologin`);
  await platform.postgres.terminate(appRole('billing'));

  const report = await runSuite(
    { ...platform, patience: impatient },
    { rounds: 0, seed: 1, writers: 0, say: () => undefined },
  );

  const text = textOf(summaryOf(report, 0));
  const [named] = report.troubles.filter((trouble) => trouble.includes('is not ready'));
  expect(named).toMatch(
    /^billing is not ready: GET \/health\/ready: 503 \{.*"database":\{"status":"failing","reason":"not reachable"/,
  );
  expect(named).toMatch(/\n {2}its log: .*billing .*\S/);
  expect(text).toContain(named);
  expect(text).toContain('services ready again: 5 of 6');
  expect(text).not.toMatch(/(identity|projects|previews|audit|workers) is not ready/);
}, 300_000);

test('what still moves is waited for, and what stands still is not', async () => {
  let asked = 0;
  const moving = await waitUntilDone(
    async () => {
      asked += 1;
      return asked < 10 ? [`step ${asked}`] : [];
    },
    { stillMs: 1_000, longestMs: 60_000 },
  );
  expect([moving, asked]).toEqual([[], 10]);
  expect(await waitUntilDone(async () => ['still'], { stillMs: 500, longestMs: 60_000 })).toEqual(['still']);
  const begun = Date.now();
  const endless = await waitUntilDone(async () => [`at ${Date.now()}`], { stillMs: 60_000, longestMs: 500 });
  expect(endless).toHaveLength(1);
  expect(Date.now() - begun).toBeLessThan(30_000);
});

test('a machine that starts slowly is waited for longer', () => {
  expect(patienceAfter(2_000)).toEqual({ stillMs: 90_000, longestMs: 900_000 });
  expect(patienceAfter(30_000)).toEqual({ stillMs: 300_000, longestMs: 3_000_000 });
});
