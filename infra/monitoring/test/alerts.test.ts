/**
 * Every alert of `alerts.yml`, brought about on a platform of real processes that a real Prometheus watches. What a rule
 * says of how long something has to be so is left out here, and proven by promtool.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { severableProxy, testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { alarms, type Stage, tooSlow } from './support/alarms.ts';
import { appNames, deployment } from './support/deployment.ts';
import { tableOf } from './support/documented-messages.ts';
import { found, type Prometheus, prometheus } from './support/prometheus.ts';
import { alertNames, impatientRules, metricsInRules, rulesFile } from './support/rules.ts';

const can = { prometheus: found('prometheus'), promtool: found('promtool') };
for (const [program, there] of Object.entries(can))
  if (!there)
    console.log(`${program} is not on the path: what needs it is skipped (Debian: apt install prometheus)`);

let stage: Stage;

beforeAll(async () => {
  const database = await testDatabase();
  const server = new URL(database.adminUrl);
  const proxied = () => severableProxy(Number(server.port), server.hostname);
  const [toDatabase, toNotifications] = await Promise.all([proxied(), proxied()]);
  const there = await deployment(database);
  for (const name of appNames) {
    there.start(name, {
      ...(name === 'billing' && { through: toDatabase.through }),
      ...(name === 'identity' && {
        environment: { DATABASE_LISTEN_URL: toNotifications.through(database.appUrl('identity')) },
      }),
    });
  }
  stage = { there, database, toDatabase, toNotifications };
  for (const name of appNames) await there.running[name]!.says('ready', 90);
}, 120_000);

test('each has a row in docs/operations.md, and a test or a reason', () => {
  expect(alertNames.length).toBeGreaterThan(20);
  const documented = tableOf('alert').flatMap(([cell]) => /`(\w+)`/.exec(cell!)?.[1] ?? []);
  expect(documented.toSorted()).toEqual(alertNames.toSorted());
  expect([...Object.keys(alarms), ...Object.keys(tooSlow)].toSorted()).toEqual(alertNames.toSorted());
});

/** Names, with their type, of all metrics that the platform's processes tell. */
async function toldMetrics(): Promise<Map<string, string>> {
  const texts = await Promise.all(
    appNames.map(async (name) => (await fetch(`${stage.there.urls[name]}/metrics`)).text()),
  );
  return new Map(
    texts.flatMap((text) =>
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!] as const),
    ),
  );
}

test('every metric that a rule reads is told by the platform', async () => {
  const told = await toldMetrics();
  const bare = (name: string) => name.replace(/_(?:count|sum|bucket)$/, '');
  expect(metricsInRules().length).toBeGreaterThan(15);
  expect(metricsInRules().filter((name) => !told.has(name) && told.get(bare(name)) !== 'histogram')).toEqual(
    [],
  );
});

test('every metric in docs/operations.md is told, and every one of ours is there', async () => {
  const told = [...(await toldMetrics()).keys()].filter((name) => !/^(process|nodejs)_/.test(name));
  const documented = tableOf('metric').flatMap(([cell]) =>
    [...cell!.matchAll(/`([a-z_]+)`/g)].flatMap(([, name]) => (name!.endsWith('_') ? [] : [name!])),
  );
  expect(documented.toSorted()).toEqual(told.toSorted());
});

describe.skipIf(!can.promtool)('promtool', () => {
  test('finds the rules well-formed, and what they say of time holds', () => {
    execFileSync('promtool', ['check', 'rules', rulesFile]);
    execFileSync('promtool', ['test', 'rules', 'alerts.promtool.yml'], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    });
  });

  test.each(appNames)('finds nothing to say against the metrics of %s', async (name) => {
    const input = await (await fetch(`${stage.there.urls[name]}/metrics`)).text();
    const said = execFileSync('sh', ['-c', 'promtool check metrics 2>&1 || true'], {
      input,
      encoding: 'utf8',
    });
    expect(said).toBe('');
  });
});

/** Causes take their time to be seen: some minutes for all of them, so it is left to whoever asks for the long forms. */
const long = Boolean(process.env.HIVESYNC_LONG_TESTS);
if (!long) console.log('HIVESYNC_LONG_TESTS is not set: that every alert fires is not tried');

describe.skipIf(!can.prometheus || !long)('alerts', () => {
  let watch: Prometheus;

  beforeAll(async () => {
    watch = await prometheus(
      impatientRules,
      appNames.map((name) => new URL(stage.there.urls[name]).host),
    );
  }, 60_000);

  test('are silent on a platform that is well', { timeout: 150_000 }, async () => {
    await expect.poll(() => watch.asked(), { timeout: 60_000 }).toBe(appNames.length);
    // What a start brings about has passed.
    await expect.poll(() => watch.alerts(), { timeout: 60_000, interval: 500 }).toEqual([]);
  });

  test.each(Object.keys(alarms))('%s', { timeout: 240_000 }, async (name) => {
    const before = await watch.alerts();
    const labels = await alarms[name]!(stage);
    const expected = { labels: expect.objectContaining({ alertname: name, ...labels }), state: 'firing' };
    expect(before).not.toContainEqual(expected);
    await expect.poll(() => watch.alerts(), { timeout: 230_000, interval: 500 }).toContainEqual(expected);
  });
});
