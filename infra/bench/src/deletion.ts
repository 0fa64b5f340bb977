/**
 * `npm run bench:deletion [-- --tasks 100000]`: what it costs others when somebody leaves who has a great many tasks.
 *
 * All six services, each a process of its own, on an embedded PostgreSQL that is thrown away. A third of the tasks are
 * in somebody else's project, made by and assigned to the one who leaves; the rest are in three projects that they own.
 * Each fifth task has a comment. Others keep writing to the shared project, before and meanwhile.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { serviceNames } from '@hivesync/contracts';
import { databaseUrl, defaultDatabase } from '@hivesync/database';
import { withEmbedded } from '@hivesync/database/embedded';
import { choosePorts, environmentOf, loadSecrets, prepareDatabases, urlsOf } from '@hivesync/local';
import { Leaver } from './leaver.ts';
import { ServiceProcess } from './processes.ts';
import { type Latencies, latenciesOf, type Measured, Writers } from './writers.ts';

const host = '127.0.0.1';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '100000' },
    writers: { type: 'string', default: '4' },
    port: { type: 'string', default: '18180' },
  },
});
const tasks = Number(values.tasks);
if (!Number.isInteger(tasks) || tasks < 300) throw new RangeError('--tasks: 300 or more');
const writers = Number(values.writers);
if (!Number.isInteger(writers) || writers < 1) throw new RangeError('--writers: 1 or more');

const folder = await mkdtemp(join(tmpdir(), 'hivesync-bench-'));
try {
  await withEmbedded({ dataDir: join(folder, 'postgres') }, async ({ url }) => {
    const adminUrl = databaseUrl(url, defaultDatabase);
    const secrets = loadSecrets(join(folder, 'secrets.json'));
    const prepared = await prepareDatabases(adminUrl, secrets.role_secret);
    const ports = choosePorts({ HIVESYNC_PORT_BASE: values.port });
    const serviceUrls = urlsOf(
      () => host,
      (service) => ports[service],
    );
    const surroundings = {
      secrets,
      databaseUrl: prepared,
      serviceUrls,
      objectsFolder: join(folder, 'objects'),
      publicUrl: serviceUrls.projects,
      logLevel: 'error',
      drainSeconds: 0,
    } as const;
    const services = serviceNames.map(
      (name) =>
        new ServiceProcess(
          name,
          environmentOf(name, { host, port: ports[name] }, surroundings),
          serviceUrls[name],
        ),
    );
    try {
      await Promise.all(services.map((service) => service.ready()));
      await measure(serviceUrls, adminUrl);
    } finally {
      await Promise.all(services.map((service) => service.stop()));
    }
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(serviceUrls: Record<string, string>, adminUrl: string): Promise<void> {
  const leaver = await Leaver.prepare({ serviceUrls, adminUrl, tasks, members: writers });
  const others = new Writers(serviceUrls, leaver.shared, leaver.members);
  try {
    await sleep(5_000); // caches and plans are warm
    const before = await others.during(() => sleep(15_000));
    const during = await others.during(() => leaver.leave());
    await others.stop();

    const { services, seconds } = during.result;
    for (const { service, removed, longest_lock_ms } of services) {
      const rows = Object.values(removed).reduce((sum, count) => sum + count, 0);
      const what = Object.entries(removed).map(([table, count]) => `${table} ${count.toLocaleString('en')}`);
      console.log(
        `${service.padEnd(9)} ${rows.toLocaleString('en').padStart(9)} rows, longest lock ${longest_lock_ms} ms  ${what.join(', ')}`,
      );
    }
    console.log(`complete after ${seconds.toFixed(1)} s, of ${tasks.toLocaleString('en')} tasks`);
    report('before', before);
    report('meanwhile', during);
    const [was, is] = [latenciesOf(before.milliseconds), latenciesOf(during.milliseconds)];
    const ratio = (name: keyof Latencies) => `${name} ${(is[name] / was[name]).toFixed(1)}`;
    console.log(`meanwhile / before: ${ratio('p50')}, ${ratio('p99')}, ${ratio('max')}`);
  } finally {
    await others.stop();
  }
}

function report(when: string, { milliseconds, seconds, refused }: Measured<unknown>): void {
  const { p50, p99, max } = latenciesOf(milliseconds);
  const rate = Math.round(milliseconds.length / seconds);
  console.log(
    `writes of ${writers} others ${when}: ${milliseconds.length.toLocaleString('en')} (${rate} a second), p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms, failed ${refused}`,
  );
}
