/**
 * `npm run bench:integrity [-- --references 1000000]`: rate and memory of the integrity audit.
 *
 * Billing is audited against identity, each a process of its own, on an embedded PostgreSQL that is thrown away. Half
 * of the references are rows of the reference table, half are rows that refer to it. Memory is told at each tenth of
 * the way: were it to grow with the number of references, it would show there, and not fit the heap.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { database } from '@hivesync/billing';
import { callingServices } from '@hivesync/clients';
import {
  createDataSource,
  type DataSource,
  databaseUrl,
  defaultDatabase,
  query,
  transaction,
} from '@hivesync/database';
import { withEmbedded } from '@hivesync/database/embedded';
import { auditPlatform, type IntegrityProgress, serviceTokens } from '@hivesync/http';
import { choosePorts, environmentOf, loadSecrets, prepareDatabases, urlsOf } from '@hivesync/local';
import { MemoryWatch } from './memory-watch.ts';
import { ServiceProcess } from './processes.ts';

const host = '127.0.0.1';
const chunk = 50_000;

const { values } = parseArgs({
  options: {
    references: { type: 'string', default: '1000000' },
    port: { type: 'string', default: '18080' },
  },
});
const references = Number(values.references);
if (!Number.isInteger(references) || references < 1_000) throw new RangeError('--references: 1000 or more');

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
      logLevel: 'silent',
      drainSeconds: 0,
    } as const;
    const start = (name: 'identity' | 'billing' | 'audit') =>
      new ServiceProcess(
        name,
        environmentOf(name, { host, port: ports[name] }, surroundings),
        serviceUrls[name],
      );

    const admin = await createDataSource(database, adminUrl, { poolSize: 1 }).initialize();
    try {
      await fill(admin, references / 2);
      const services = [start('identity'), start('billing'), start('audit')] as const;
      try {
        await Promise.all(services.map((service) => service.ready()));
        await measure(services[1], { serviceUrls, key: secrets.service_keys.audit });
      } finally {
        await Promise.all(services.map((service) => service.stop()));
      }
    } finally {
      await admin.destroy();
    }
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Users up to that many, all of whom billing knows and has a subscription of. */
async function fill(admin: DataSource, users: number): Promise<void> {
  const [{ count: present } = { count: 0 }] = await query<{ count: number }>(
    admin,
    'select count(*)::integer as count from identity.users',
  );
  for (let from = present; from < users; from += chunk) {
    const to = Math.min(from + chunk, Math.floor(users)) - 1;
    await transaction(admin, async (tx) => {
      // Past triggers, as a superuser may: what is measured is the audit.
      await query(tx, 'set local session_replication_role = replica');
      await query(tx, 'set local statement_timeout = 0');
      await query(
        tx,
        `with made as (
         insert into identity.users (id, email, password_hash)
         select gen_random_uuid(), 'user' || n || '@example.com', '$argon2id$none'
           from generate_series($1::integer, $2::integer) as n
         returning id, email
       ), profiles as (
         insert into identity.user_profiles (user_id, display_name)
         select id, email from made
       ), met as (
         insert into billing.user_refs (id, version, display_name)
         select id, 1, email from made
       )
       insert into billing.subscriptions (id, user_id, subscription_id, status, tier)
       select gen_random_uuid(), id, email, 'active', 'pro' from made`,
        [from, to],
      );
    });
  }
  for (const table of [
    'identity.users',
    'identity.user_profiles',
    'billing.user_refs',
    'billing.subscriptions',
  ]) {
    await query(admin, `vacuum analyze ${table}`);
  }
}

async function measure(
  billing: ServiceProcess,
  { serviceUrls, key }: { serviceUrls: Record<string, string>; key: string },
): Promise<void> {
  const tokens = serviceTokens('audit', { SERVICE_PRIVATE_KEY: key });
  const callService = callingServices({ serviceUrls, tokens });
  const watch = new MemoryWatch(billing);
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1_000;
  let examined = 0;
  let told = 0;
  console.log(await watch.line('before'));
  for (let progress: IntegrityProgress = { billing: null }; Object.keys(progress).length > 0; ) {
    const body = { repair: false, grace_seconds: 0, seconds: 1 };
    const page = await auditPlatform(callService, progress, body, { requestId: 'bench' });
    if (page.findings.length > 0) throw new Error(`unexpected: ${JSON.stringify(page.findings)}`);
    examined += page.examined;
    progress = page.progress;
    const tenths = Math.floor((examined * 10) / references);
    if (tenths > told) console.log(await watch.line(`${tenths * 10}%, ${elapsed().toFixed(0)} s`));
    told = tenths;
  }
  const seconds = elapsed();
  watch.stop();
  const rate = Math.round(examined / seconds).toLocaleString('en');
  console.log(`${examined.toLocaleString('en')} references: ${seconds.toFixed(1)} s, ${rate} a second`);
}
