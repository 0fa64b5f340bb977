/** Each check can fail: a platform in order, harmed by its superuser. */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkAcknowledged } from '../src/checks/acknowledged.ts';
import { checkDangling } from '../src/checks/dangling.ts';
import { checkEffects } from '../src/checks/effects.ts';
import { checkIntegrity } from '../src/checks/integrity.ts';
import { checkObjects } from '../src/checks/objects.ts';
import { Client } from '../src/client.ts';
import { killConsumer } from '../src/consumer-kill.ts';
import { Ledger } from '../src/ledger.ts';
import { type Platform, serviceUrlsOf, startPlatform } from '../src/platform.ts';
import { waitForQuiet } from '../src/quiet.ts';
import { Random } from '../src/random.ts';
import { Writer } from '../src/writer.ts';

let folder: string;
let platform: Platform;
const ledger = new Ledger();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hivesync-checks-'));
  chmodSync(folder, 0o755);
  platform = await startPlatform(folder);
}, 300_000);
afterAll(async () => {
  await platform?.stop();
  rmSync(folder, { recursive: true });
});

const attachedFiles = () =>
  ledger.attachments.filter(({ state, task }) => state === 'in' && task.deleted === 'no');

/** As the superuser, to whom no key and no trigger objects. */
const harm = (sql: string, parameters: unknown[] = []) =>
  platform.postgres.withSession(async (session) => {
    await session.query('set session_replication_role = replica');
    const rows = await session.query(sql, parameters);
    expect(rows).not.toEqual([]);
  });

test('a consumer that is killed between effect and commit has its effect once, after all', async () => {
  const client = new Client(serviceUrlsOf(platform));
  const load = new AbortController();
  const writer = new Writer('w', {
    client,
    ledger,
    random: new Random(1, 'w'),
    mailFolder: platform.mailFolder,
  }).run(load.signal);
  const audit = await killConsumer(platform, 'audit');
  platform.services.audit.start();
  const projects = await killConsumer(platform, 'projects');
  platform.services.projects.start();
  expect(await platform.unready(platform.patience)).toEqual([]);
  const files = () => attachedFiles().length;
  for (const until = Date.now() + 90_000; files() < 4 && Date.now() < until; ) await sleep(50);
  load.abort();
  await writer;

  expect(audit).toEqual({ wrote: expect.arrayContaining(['audit.audit_logs']), troubles: [] });
  expect(projects).toEqual({ wrote: expect.arrayContaining(['projects.user_refs']), troubles: [] });
  expect(await waitForQuiet(platform.postgres, platform.patience)).toEqual([]);
  const { counts, findings } = await checkEffects(platform.postgres);
  expect(findings).toEqual([]);
  expect(counts.auditRows).toBe(counts.events + counts.erased);
  expect(counts.events).toBeGreaterThan(10);
  expect(await checkAcknowledged(platform.postgres, ledger)).toEqual([]);
}, 240_000);

test('a dangling reference is found by the superuser and by the platform itself', async () => {
  expect(await checkDangling(platform.postgres)).toEqual([]);
  const before = await checkIntegrity(platform);
  expect(before).toMatchObject({ kinds: {}, findings: [] });
  expect(before.examined).toBeGreaterThan(0);

  const ghost = randomUUID();
  await harm(
    `insert into projects.user_refs (id, state, version, display_name)
     values ($1, 'active', 1, 'Ghost')
     returning id`,
    [ghost],
  );
  await harm(
    `insert into projects.team_members (id, project_id, user_id)
     select $1, id, $2
     from projects.projects
     limit 1
     returning id`,
    [randomUUID(), ghost],
  );
  const one = { kind: 'dangling', count: 1, examples: [ghost] };
  expect(await checkDangling(platform.postgres)).toEqual([
    { ...one, what: 'projects.user_refs of what its owner does not have' },
    { ...one, what: 'projects.team_members.user_id' },
  ]);
  const { kinds, findings } = await checkIntegrity(platform);
  expect(kinds).toEqual({ dangling: 2 });
  expect(findings.map(({ what }) => what)).toEqual([
    'projects.user_refs.id, says the integrity audit: dangling',
    'projects.team_members.user_id, says the integrity audit: dangling',
  ]);
});

test('an effect that is missing, and one of nothing, are found', async () => {
  const { counts } = await checkEffects(platform.postgres);
  await harm(
    'delete from audit.audit_logs where id = (select max(id::text)::uuid from audit.audit_logs) returning id',
  );
  await harm(
    `update identity.notifications
     set source_event_id = $1
     where id = (select max(id::text)::uuid from identity.notifications)
     returning id`,
    [randomUUID()],
  );
  const harmed = await checkEffects(platform.postgres);
  expect(harmed.counts.auditRows).toBe(counts.auditRows - 1);
  const found = harmed.findings.map(({ kind, what, count }) => `${kind} ${what}: ${count}`);
  expect(found).toEqual(
    expect.arrayContaining([
      'lost audit row of an event: 1',
      'lost notification: 1',
      'doubled notification: 1',
    ]),
  );
});

test('a file that is gone, changed, cut off, or of nobody is found', async () => {
  expect(await checkObjects(platform, ledger)).toEqual([]);
  const [gone, changed, cut, removed] = attachedFiles().map(({ key }) => key ?? '');
  const at = (path = '') => join(platform.objectsFolder, path);
  rmSync(at(gone));
  writeFileSync(at(changed), Buffer.alloc(statSync(at(changed)).size));
  truncateSync(at(cut), 1);
  for (const record of ledger.attachments) if (record.key === removed) record.state = 'out';
  writeFileSync(at('attachments/stray'), 'stray');
  // Half a file that found its way to where files are served.
  const half = randomUUID();
  mkdirSync(at('.partial'), { recursive: true });
  for (const folder of ['.partial', 'attachments']) writeFileSync(at(`${folder}/${half}`), 'half');

  expect(await checkObjects(platform, ledger)).toEqual([
    expect.objectContaining({ kind: 'lost', what: 'attached file', count: 4 }),
    expect.objectContaining({ what: 'projects.task_attachments.r2_key', examples: [gone] }),
    expect.objectContaining({ what: 'file that is not whole', examples: [cut] }),
    expect.objectContaining({ what: 'file that no row names', count: 2 }),
    expect.objectContaining({ what: 'half a file that is served', examples: [`attachments/${half}`] }),
  ]);
});

test('an acknowledged row that is gone is found, and a creation that happened twice', async () => {
  const there = ledger.entries.filter(
    ({ table, id, deleted }) => table === 'projects.tasks' && id && deleted === 'no',
  );
  const [gone, twice, once] = there;
  await harm('delete from projects.tasks where id = $1 returning id', [gone?.id]);
  await harm('update projects.tasks set description = $1 where id = $2 returning id', [twice?.tag, once?.id]);
  expect(await checkAcknowledged(platform.postgres, ledger)).toEqual([
    expect.objectContaining({ kind: 'lost', what: 'projects.tasks', count: 2 }),
    expect.objectContaining({ kind: 'doubled', what: 'projects.tasks', count: 1 }),
  ]);
});
