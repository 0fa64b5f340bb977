/** For each alert: what brings it about on a platform that runs. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@hivesync/contracts';
import { query } from '@hivesync/database';
import { neighbour, openTransaction, type SeverableProxy, type TestDatabase } from '@hivesync/testing';
import { expect } from 'vitest';
import { callInVain, newcomer, publishRegistrations, refuseInserts, requestCancellation } from './causes.ts';
import type { Deployment } from './deployment.ts';

export interface Stage {
  there: Deployment;
  database: TestDatabase;
  /** The way of billing to its database, and that of identity's LISTEN. */
  toDatabase: SeverableProxy;
  toNotifications: SeverableProxy;
}

/** Does it, and answers with labels that the alert must have. What must not outlast the test ends with it. */
export type Alarm = (stage: Stage) => Promise<Record<string, string>>;

/** An event that nobody needs to understand, with a moment that lies so far back. */
const insertEvent = (
  database: TestDatabase,
  service: ServiceName,
  ago: { occurred_at?: string; created_at?: string },
) =>
  database.query(
    `set search_path = ${service}, public;
     insert into outbox (id, type, aggregate, subject, aggregate_version, data, occurred_at, created_at)
     values (gen_random_uuid(), '${service}.thing.happened', '${service}.thing', 's', 0, '{}',
             now() - interval '${ago.occurred_at ?? '0'}', now() - interval '${ago.created_at ?? '0'}')`,
  );

const register = (url: string, n: number) =>
  fetch(`${url}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      email: `nobody-${n}@example.com`,
      password: 'correct horse battery staple',
      display_name: 'Nobody',
    }),
  });

export const alarms: Record<string, Alarm> = {
  // First, as an audit needs the tables that others put out of order.
  IntegrityAuditOverdue: async ({ database }) => {
    // The audit itself is kept from its turn, or it would put that right.
    await database.query(
      `update audit.integrity_schedule
       set audited_at = now() - interval '10 days', claimed_until = now() + interval '1 hour'`,
    );
    return { service: 'audit' };
  },
  IntegrityFindings: async ({ database }) => {
    await database.query(
      `insert into projects.user_refs (id, state, version) values (gen_random_uuid(), 'active', 1);
       update audit.integrity_schedule
       set audited_at = now() - interval '2 days', claimed_until = now() - interval '1 minute'`,
    );
    return { service: 'audit' };
  },
  EventsParked: async ({ database }) => {
    await refuseInserts(database, 'billing.user_refs');
    await publishRegistrations(database, 1);
    return { service: 'billing', source: 'identity' };
  },
  EventsBehind: async ({ database }) => {
    await database.query(
      `create function public.dawdle() returns trigger language plpgsql
         as $$ begin perform pg_sleep(0.05); return new; end $$;
       create trigger dawdle before insert on previews.user_refs for each row execute function public.dawdle()`,
    );
    await publishRegistrations(database, 3_000);
    return { service: 'previews', source: 'identity' };
  },
  EventReaderGone: async ({ database }) => {
    await database.query(
      `insert into workers.feed_readers (consumer, seen_at) values ('retired', now() - interval '1 day')`,
    );
    return { service: 'workers', consumer: 'retired' };
  },
  EventReaderSlow: async ({ database }) => {
    await database.query(
      `insert into identity.feed_readers (consumer) values ('retired');
       alter table identity.outbox disable trigger outbox_announce`,
    );
    await publishRegistrations(database, 10_001);
    return { service: 'identity', consumer: 'retired' };
  },
  OutboxNotPruned: async ({ database }) => {
    await database.query(`insert into projects.feed_readers (consumer) values ('retired')`);
    // Two: a single old one is where a reader that has applied all of them stands.
    await insertEvent(database, 'projects', { created_at: '32 days' });
    await insertEvent(database, 'projects', { created_at: '32 days' });
    return { service: 'projects' };
  },
  EventFeedHeld: async ({ database }) => {
    const { outbox } = await neighbour(database, 'projects');
    const held = await openTransaction(outbox);
    await query(held.tx, 'select pg_current_xact_id()');
    await insertEvent(database, 'projects', { occurred_at: '2 minutes' });
    return { service: 'projects' };
  },
  EventSourceSetBack: async ({ database }) => {
    const read = `select from billing.feed_readers
      where consumer = 'audit' and position = (select max(position) from billing.outbox)`;
    await insertEvent(database, 'billing', {});
    await insertEvent(database, 'billing', {});
    await expect.poll(() => database.query(read), { timeout: 60_000 }).toHaveLength(1);
    await database.query(
      'delete from billing.outbox where position = (select max(position) from billing.outbox)',
    );
    return { service: 'audit', source: 'billing' };
  },
  DeletionOverdue: async ({ database }) => {
    await database.query(
      `alter function previews.forget_outbox_addresses rename to forget_nothing;
       with person as (
         insert into previews.user_refs (id, state, version, deleted_at)
         values (gen_random_uuid(), 'deleted', 2, now()) returning id
       )
       insert into previews.reference_sweeps (aggregate, subject, version, requested_at)
       select 'identity.user', id, 2, now() - interval '20 minutes' from person`,
    );
    return { service: 'previews' };
  },
  ObjectRemovalOverdue: async ({ there, database }) => {
    const key = `attachments/${randomUUID()}`;
    // A folder in the place of the file is not removed as one.
    mkdirSync(join(there.objectsFolder, key), { recursive: true });
    await database.query(
      `insert into projects.object_removals (object_key, created_at) values ($1, now() - interval '20 minutes')`,
      [key],
    );
    return { service: 'projects' };
  },
  SubscriptionCancellationOverdue: async ({ database }) => {
    await database.query('drop trigger if exists refuse on billing.user_refs');
    await requestCancellation(database);
    await database.query(
      `update billing.subscription_cancellations set created_at = now() - interval '2 hours'`,
    );
    return { service: 'billing' };
  },
  BackgroundWorkFailing: async ({ database }) => {
    await database.query('alter table projects.object_uploads rename to object_uploads_gone');
    return { service: 'projects', work: 'uploads nobody attached' };
  },
  MetricsUnread: async ({ database }) => {
    await database.query('alter table workers.parked_events rename to parked_events_gone');
    return { service: 'workers', reading: 'parked_events' };
  },
  DatabasePoolExhausted: async ({ there, database }) => {
    const { token } = await newcomer(there);
    const { outbox } = await neighbour(database, 'projects');
    const held = await openTransaction(outbox);
    await query(held.tx, 'lock table team_members');
    const ask = () =>
      fetch(`${there.urls.projects}/api/v1/projects`, { headers: { authorization: `Bearer ${token}` } });
    for (let n = 0; n < 60; n += 1) ask().catch(() => undefined);
    return { service: 'projects' };
  },
  MailOverdue: async ({ there, database }) => {
    await newcomer(there);
    await database.query(`update identity.mails set created_at = now() - interval '20 minutes'`);
    return { service: 'identity' };
  },
  RequestsFailing: async ({ there, database }) => {
    await database.query('alter table identity.users rename to users_gone');
    // What a rate is taken of has to be there before it grows: the first failures begin the series.
    for (const burst of [0, 1]) {
      const guests = Array.from({ length: 20 }, (_, n) => burst * 20 + n);
      const answers = await Promise.all(guests.map((n) => register(there.urls.identity, n)));
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(500));
      if (burst === 0) await there.running.identity!.asked();
    }
    await database.query('alter table identity.users_gone rename to users');
    return { service: 'identity' };
  },
  OutboxNotListening: async ({ toNotifications }) => {
    toNotifications.sever();
    return { service: 'identity' };
  },
  DatabaseDown: async ({ toDatabase }) => {
    toDatabase.sever();
    return { service: 'billing' };
  },
  CircuitOpen: async ({ there }) => {
    const { url, ...member } = await newcomer(there);
    await there.running.identity!.kill();
    await callInVain(url, member);
    return { service: 'projects', target: 'identity' };
  },
  EventSourceUnreadable: async ({ there }) => {
    await there.running.workers!.kill();
    return { service: 'previews', source: 'workers' };
  },
  ServiceDown: async ({ there }) => {
    await there.running.previews!.kill();
    return { instance: new URL(there.urls.previews).host };
  },
  GatewayCircuitOpen: async ({ there }) => {
    await there.running.previews!.kill();
    const ask = () => fetch(`${there.urls.gateway}/api/v1/projects/${randomUUID()}/previews`);
    for (let n = 0; n < 6; n += 1) expect((await ask()).status).toBe(503);
    return { service: 'gateway', upstream: 'previews' };
  },
  ServiceRestarting: async ({ there }) => {
    for (let n = 0; n < 3; n += 1) {
      await there.running.workers!.kill();
      const again = there.start('workers');
      await again.says('ready');
      // Long enough for Prometheus to have asked it.
      await again.asked();
    }
    return { service: 'workers' };
  },
  EventLoopBlocked: async ({ there }) => {
    await there.running.workers!.kill();
    const busy = 'setInterval(() => { for (const end = Date.now() + 800; Date.now() < end; ); }, 1600)';
    there.start('workers', { preload: [`data:text/javascript,${busy}`] });
    return { service: 'workers' };
  },
};

/** Alerts that nobody can wait for in a test, with the reason; `alerts.promtool.yml` proves their expressions. */
export const tooSlow: Record<string, string> = {
  BackgroundWorkStuck: 'it takes work that hangs for more than six hours',
};
