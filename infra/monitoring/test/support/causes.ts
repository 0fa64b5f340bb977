/** For each message that an operator is told to search for: what brings it about in a service as it is deployed. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atFileEnd, emptyDatabase, severableProxy, type TestDatabase } from '@hivesync/testing';
import { expect } from 'vitest';
import type { AppProcess } from './app-process.ts';
import { type Deployment, deployment } from './deployment.ts';

/** What tests put into requests, rows and settings that no log may repeat. */
export const confidential = {
  email: 'nobody.else@example.com',
  password: 'correct horse battery staple',
  apiKey: 'the-key-of-the-store',
};

interface Scene {
  there: Deployment;
  database: TestDatabase;
}

/** Brings the message about and answers with the process that says it. */
export type Cause = (scene: Scene) => Promise<AppProcess>;

const json = { 'content-type': 'application/json' };

const register = (url: string) =>
  fetch(`${url}/api/v1/auth/register`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({
      email: confidential.email,
      password: confidential.password,
      display_name: 'Nobody Else',
    }),
  });

/** Somebody who is logged in, with a project of theirs: identity and projects run then. */
export async function newcomer(there: Deployment) {
  const [identity, projects] = (['identity', 'projects'] as const).map(
    (name) => there.running[name] ?? there.start(name),
  );
  await Promise.all([identity!.says('ready'), projects!.says('ready')]);
  const token = await accessToken(identity!.url);
  const made = await fetch(`${projects!.url}/api/v1/projects`, {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${token}` },
    body: JSON.stringify({ name: 'Watched' }),
  });
  expect(made.status).toBe(201);
  const { id: project } = (await made.json()) as { id: string };
  return { url: projects!.url, token, project };
}

/** Somebody registers, and then identity is gone before it has sent their mail. */
async function mailThatWaits(there: Deployment): Promise<void> {
  const identity = there.start('identity');
  await identity.says('ready');
  expect((await register(identity.url)).status).toBe(201);
  await identity.kill();
}

/** Nobody listens there. */
const unreachableServer = { environment: { SMTP_URL: 'smtp://127.0.0.1:9?requireTLS=false' } };

interface Member {
  token: string;
  project: string;
}

/** Projects asks identity whether it knows the address. Answers with the status. */
async function invite(url: string, { token, project }: Member, guest: number): Promise<number> {
  const answer = await fetch(`${url}/api/v1/projects/${project}/invitations`, {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${token}` },
    body: JSON.stringify({ email: `guest-${guest}@example.com` }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Has projects ask identity, which is not there, as often as it takes to leave it alone. */
export async function callInVain(url: string, member: Member): Promise<void> {
  for (let guest = 0; guest < 6; guest += 1) expect(await invite(url, member, guest)).toBe(503);
}

async function accessToken(url: string): Promise<string> {
  await register(url);
  const answer = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ email: confidential.email, password: confidential.password }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}

/** Events of identity as identity writes them, each about a person who is new to everyone. */
export const publishRegistrations = (database: TestDatabase, count: number) =>
  database.query(
    `set search_path = identity, public;
     insert into outbox (id, type, aggregate, subject, aggregate_version, data)
     select gen_random_uuid(), 'identity.user.registered', 'identity.user', gen_random_uuid(), 1,
            '{"display_name": "Nobody Else", "avatar_url": null, "tier": "free"}'
       from generate_series(1, ${count})`,
  );

/** Makes every insert into a table fail, as a handler with a fault would. */
export const refuseInserts = (database: TestDatabase, table: string) =>
  database.query(
    `create function public.refuse() returns trigger language plpgsql
       as $$ begin raise exception 'refused for a test'; end $$;
     create trigger refuse before insert on ${table} for each row execute function public.refuse()`,
  );

async function proxied(database: TestDatabase) {
  const target = new URL(database.adminUrl);
  return severableProxy(Number(target.port), target.hostname);
}

/** A cancellation that waits to be made. */
export const requestCancellation = (database: TestDatabase) =>
  database.query(
    `with person as (
       insert into billing.user_refs (id, state, version) values (gen_random_uuid(), 'active', 1) returning id
     ), subscribed as (
       insert into billing.subscriptions (id, user_id, subscription_id, status, tier)
       select gen_random_uuid(), id, '1', 'active', 'pro' from person returning id
     )
     insert into billing.subscription_cancellations (subscription_id) select id from subscribed`,
  );

/** The payment provider on a bad day: the one part that cannot be had here. */
export async function failingProvider(): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(500).end());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  atFileEnd(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A deletion that projects cannot carry out, since a table is not as its code expects. */
export const blockSweep = (database: TestDatabase) =>
  database.query(
    `alter table projects.idempotency_keys rename to idempotency_keys_gone;
     with person as (
       insert into projects.user_refs (id, state, version, deleted_at)
       values (gen_random_uuid(), 'deleted', 2, now()) returning id
     )
     insert into projects.reference_sweeps (aggregate, subject, version)
     select 'identity.user', id, 2 from person`,
  );

/** An object that is to be removed, where a folder stands in the place of the file. */
export const blockRemoval = (database: TestDatabase) =>
  database.query('insert into projects.object_removals (object_key) values ($1)', [
    `attachments/${randomUUID()}`,
  ]);

const applied: Cause = async ({ there, database }) => {
  await refuseInserts(database, 'projects.user_refs');
  there.start('identity');
  const projects = there.start('projects');
  await publishRegistrations(database, 1);
  return projects;
};

export const causes: Record<string, Cause> = {
  'request failed': async ({ there, database }) => {
    const identity = there.start('identity');
    await identity.says('ready');
    await database.query('alter table identity.users rename to users_gone');
    expect((await register(identity.url)).status).toBe(500);
    return identity;
  },
  unavailable: async ({ there, database }) => {
    const proxy = await proxied(database);
    const identity = there.start('identity', { through: proxy.through });
    await identity.says('ready');
    proxy.sever();
    expect((await register(identity.url)).status).toBe(503);
    return identity;
  },
  refused: async ({ there, database }) => {
    const identity = there.start('identity');
    await identity.says('ready');
    await database.query(
      'alter table identity.users add constraint nobody_check check (id is null) not valid',
    );
    expect((await register(identity.url)).status).toBe(400);
    return identity;
  },
  'a refusal could not be written to the outbox': async ({ there, database }) => {
    const identity = there.start('identity');
    await identity.says('ready');
    const token = await accessToken(identity.url);
    await database.query('alter table identity.outbox rename to outbox_gone');
    const answer = await fetch(`${identity.url}/api/v1/admin/users`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(403);
    return identity;
  },
  'the database is not there yet': async ({ there, database }) => {
    const proxy = await proxied(database);
    proxy.sever();
    return there.start('workers', { through: proxy.through });
  },
  'waiting for the database': async ({ there, database }) => {
    // For longer than `lock_timeout` of the role; the end of the database ends it.
    database.query('begin; lock table workers.migrations; select pg_sleep(60)').catch(() => undefined);
    const held = `select from pg_locks where relation = 'workers.migrations'::regclass and granted`;
    await expect.poll(() => database.query(held)).not.toEqual([]);
    return there.start('workers');
  },
  'database connection lost': async ({ there, database }) => {
    const workers = there.start('workers');
    await workers.says('ready');
    await database.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where application_name = 'hivesync/workers' and datname = current_database()`,
    );
    return workers;
  },
  'the service cannot start': async () => {
    const there = await deployment(await emptyDatabase());
    const workers = there.start('workers');
    expect(await workers.ended()).toBe(1);
    return workers;
  },
  'closing after an error that nobody caught': async ({ there }) => {
    const fault = 'process.on("SIGUSR2", () => { throw new Error("nobody catches this"); })';
    const workers = there.start('workers', { preload: [`data:text/javascript,${fault}`] });
    await workers.says('ready');
    workers.signal('SIGUSR2');
    expect(await workers.ended()).toBe(1);
    return workers;
  },
  'ended before everything was closed': async ({ there }) => {
    const workers = there.start('workers', { environment: { DRAIN_SECONDS: '3' } });
    await workers.says('ready');
    workers.signal('SIGTERM');
    await workers.says('closing');
    workers.signal('SIGTERM');
    return workers;
  },
  'event source was set back': async ({ there, database }) => {
    there.start('identity');
    const projects = there.start('projects');
    await publishRegistrations(database, 2);
    const met = 'select id from projects.user_refs';
    await expect.poll(() => database.query(met), { timeout: 20_000 }).toHaveLength(2);
    await database.query(
      'delete from identity.outbox where position = (select max(position) from identity.outbox)',
    );
    return projects;
  },
  'mails cannot be sent: neither SMTP_URL nor MAIL_FOLDER is set': async ({ there }) => {
    await mailThatWaits(there);
    return there.start('identity');
  },
  'mail not sent yet': async ({ there }) => {
    await mailThatWaits(there);
    return there.start('identity', unreachableServer);
  },
  'mail given up': async ({ there, database }) => {
    await mailThatWaits(there);
    await database.query(`update identity.mails set useful_until = now() - interval '1 hour'`);
    return there.start('identity', unreachableServer);
  },
  'invitations not delivered yet': async ({ there, database }) => {
    await mailThatWaits(there);
    await database.query(
      'insert into identity.invitation_deliveries (user_id) select id from identity.users',
    );
    return there.start('identity');
  },
  'circuit opened': async ({ there }) => {
    const { url, token, project } = await newcomer(there);
    await there.running.identity!.kill();
    await callInVain(url, { token, project });
    return there.running.projects!;
  },
  'circuit closed': async ({ there }) => {
    const { url, ...member } = await newcomer(there);
    await there.running.identity!.kill();
    await callInVain(url, member);
    await there.start('identity').says('ready');
    // It is asked again after 5 s.
    await expect.poll(() => invite(url, member, 7), { timeout: 20_000 }).toBe(202);
    return there.running.projects!;
  },
  'event source interrupted': async ({ there }) => there.start('projects'),
  'event handler failed': applied,
  'event parked': applied,
  'sweep interrupted': async ({ there, database }) => {
    await blockSweep(database);
    return there.start('projects');
  },
  'object not removed yet': async ({ there, database }) => {
    await blockRemoval(database);
    // A folder that cannot be one.
    return there.start('projects', { environment: { OBJECTS_DIR: '/dev/null/objects' } });
  },
  'subscription not canceled yet': async ({ there, database }) => {
    await requestCancellation(database);
    return there.start('billing', {
      environment: {
        LEMONSQUEEZY_API_URL: await failingProvider(),
        LEMONSQUEEZY_API_KEY: confidential.apiKey,
      },
    });
  },
  'subscriptions cannot be canceled: LEMONSQUEEZY_API_KEY is not set': async ({ there, database }) => {
    await requestCancellation(database);
    return there.start('billing');
  },
  'outbox notifications lost; polling until reconnected': async ({ there, database }) => {
    const identity = there.start('identity');
    const projects = there.start('projects');
    await Promise.all([identity.says('ready'), projects.says('ready')]);
    const listeners = `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'hivesync outbox listener' and datname = current_database()`;
    await expect.poll(() => database.query(listeners)).not.toEqual([]);
    return identity;
  },
  'work in the background failed': async ({ there, database }) => {
    await database.query('revoke delete on workers.idempotency_keys from workers_app');
    return there.start('workers');
  },
  'outbox pruned': async ({ there, database }) => {
    await publishRegistrations(database, 2);
    await database.query(
      `update identity.outbox set created_at = now() - interval '31 days';
       insert into identity.feed_readers (consumer, epoch, transaction_id, position)
       select 'audit', epoch, transaction_id, position from identity.outbox order by position desc limit 1`,
    );
    return there.start('identity');
  },
};
