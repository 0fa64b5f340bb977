/**
 * Six services as they are deployed, of which one has a server of its own that is lost, or restored from a dump. The others
 * notice by themselves, and tell.
 */
import type { ServiceName } from '@hivesync/contracts';
import { bootstrap, databaseUrl, migrateUp, ownerRole, roleUrl } from '@hivesync/database';
import { databases, reachPlatform, runIntegrity } from '@hivesync/local';
import { type Cluster, installedPostgres, startCluster, testDatabase } from '@hivesync/testing';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { type Deployment, deployment } from './support/deployment.ts';

const installed = installedPostgres();
if ('reason' in installed) console.info(`not rehearsed: ${installed.reason}`);

const soon = { timeout: 30_000, interval: 200 };
const password = 'correct horse battery staple';
type Row = Record<string, unknown>;

/** One statement as the superuser. */
async function ask(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** A server of its own for one service, with nothing in it. */
async function serverOf(
  service: ServiceName,
  roleSecret: string,
): Promise<{ cluster: Cluster; url: string }> {
  if ('reason' in installed) throw new Error(installed.reason);
  const cluster = await startCluster(installed);
  const url = await bootstrap(cluster.url, { database: 'hivesync', roleSecret });
  await migrateUp(databases[service], roleUrl(url, ownerRole(service), roleSecret));
  return { cluster, url };
}

/** The same login, at another server. */
const at = (url: string) => (own: string) => {
  const there = new URL(own);
  const { host, pathname } = new URL(url);
  there.host = host;
  there.pathname = pathname;
  return there.href;
};

async function call(url: string, method: string, body?: object, token?: string): Promise<Row> {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const said = (await answer.json()) as Row;
  if (!answer.ok) throw new Error(`${method} ${url} is ${answer.status}: ${JSON.stringify(said)}`);
  return said;
}

/** What people do, at whichever server identity is on. */
function people({ urls }: Deployment) {
  const identity = urls.identity;
  return {
    register: (name: string) =>
      call(`${identity}/api/v1/auth/register`, 'POST', {
        email: `${name}@example.com`,
        password,
        display_name: name,
      }),
    login: async (name: string) => {
      const body = { email: `${name}@example.com`, password };
      const { access_token } = await call(`${identity}/api/v1/auth/login`, 'POST', body);
      return String(access_token);
    },
    rename: (token: string, name: string) =>
      call(`${identity}/api/v1/me`, 'PATCH', { display_name: name }, token),
  };
}

const integrity = async ({ commands }: Deployment) => {
  const report = await runIntegrity(reachPlatform(commands, 'nowhere'), { repair: false, grace: 2 });
  return report.findings;
};

const readers = ['projects', 'previews', 'billing', 'workers', 'audit'] as const;

describe.skipIf('reason' in installed)('identity, whose server was lost', () => {
  test('is followed to the standby that did not have all, without a hand', { timeout: 240_000 }, async () => {
    const database = await testDatabase();
    const { cluster, url } = await serverOf('identity', database.roleSecret);
    const there = await deployment(database);
    const { register, login, rename } = people(there);
    const others = readers.map((service) => there.start(service));
    const first = there.start('identity', { through: at(url) });
    await Promise.all([first, ...others].map((app) => app.says('ready', 60)));
    await register('alice');
    await register('root');
    await ask(url, `update identity.users set role = 'admin' where email = 'root@example.com'`);
    const alice = await login('alice');
    await rename(alice, 'Alice 2');
    const names = (like: string) =>
      database.query(
        `select 'projects' as at, display_name from projects.user_refs where display_name like '${like}'
         union all
         select 'audit', display_name from audit.user_refs where display_name like '${like}'
         order by at`,
      );
    const everywhere = (name: string) => [
      { at: 'audit', display_name: name },
      { at: 'projects', display_name: name },
    ];
    await expect.poll(() => names('Alice%'), soon).toEqual(everywhere('Alice 2'));

    const standby = await cluster.standby();
    const behind = databaseUrl(standby.url, 'hivesync');
    const events = 'select id from identity.outbox order by id';
    await expect.poll(() => ask(behind, events), soon).toEqual(await ask(url, events));
    await ask(standby.url, 'alter system set primary_conninfo = $$$$');
    await ask(standby.url, 'select pg_reload_conf()');
    await expect.poll(() => ask(url, 'select from pg_stat_replication'), soon).toEqual([]);
    await rename(alice, 'Alice 3');
    await rename(alice, 'Alice 4');
    await rename(alice, 'Alice 5');
    await expect.poll(() => names('Alice%'), soon).toEqual(everywhere('Alice 5'));

    await cluster.kill();
    await standby.promote();
    await first.kill();
    const second = there.start('identity', { through: at(behind) });
    await second.says('ready', 60);
    // Of the name that is lost nobody speaks any more; the next has a version that they had seen before.
    await expect.poll(() => names('Alice%'), soon).toEqual(everywhere('Alice 2'));
    await rename(alice, 'Alice 6');
    await register('dave');
    await ask(
      behind,
      'do $$ begin for at in 1..1600 loop perform pg_current_xact_id(); commit; end loop; end $$',
    );
    await register('erin');
    await expect.poll(() => names('Alice%'), soon).toEqual(everywhere('Alice 6'));
    await expect.poll(() => names('dave'), soon).toEqual(everywhere('dave'));
    await expect.poll(() => names('erin'), soon).toEqual(everywhere('erin'));

    for (const [index, app] of others.entries()) {
      await app.says('event source was set back');
      const metrics = await (await fetch(`${app.url}/metrics`)).text();
      expect(metrics).toContain(
        `event_consumer_rewinds_total{source="identity",service="${readers[index]}"} 1\n`,
      );
    }
    const told = () =>
      ask(
        behind,
        `select payload_json ->> 'reader' as reader
         from identity.notifications
         where type = 'integrity_finding'
         order by 1`,
      );
    await expect.poll(told, soon).toEqual(readers.toSorted().map((reader) => ({ reader })));
    const happened = await ask(behind, events);
    const logged = () =>
      database.query(
        `select id from audit.audit_logs where id in (${happened.map(({ id }) => `'${id}'`)}) order by id`,
      );
    await expect.poll(logged, soon).toEqual(happened);
    expect(await integrity(there)).toEqual([]);
  });
});

describe.skipIf('reason' in installed)('projects, restored from a dump', () => {
  test('is followed, memberships included, and tells everyone once', { timeout: 240_000 }, async () => {
    const database = await testDatabase();
    const { cluster, url } = await serverOf('projects', database.roleSecret);
    const there = await deployment(database);
    const { register, login } = people(there);
    const others = (['identity', 'previews', 'audit'] as const).map((service) => there.start(service));
    const first = there.start('projects', { through: at(url) });
    await Promise.all([first, ...others].map((app) => app.says('ready', 60)));
    const ids: Record<string, string> = {};
    for (const name of ['alice', 'bob', 'carol']) ids[name] = String((await register(name)).id);
    const alice = await login('alice');
    const known = 'select id from projects.user_refs order by id';
    await expect.poll(() => ask(url, known), soon).toHaveLength(3);
    const project = (await call(`${there.urls.projects}/api/v1/projects`, 'POST', { name: 'Hive' }, alice))
      .id;
    /** As the service does it: the row and its event. */
    const tell = (event: string, name: string, statement: string) =>
      ask(
        url,
        `set search_path = projects, public;
         with member as (${statement} returning id)
         insert into outbox (id, type, aggregate, subject, aggregate_version, data)
         select gen_random_uuid(), 'projects.member.${event}', 'projects.member', id, 0, jsonb_build_object(
           'project_id', '${project}', 'project_name', 'Hive', 'owner_id', '${ids.alice}',
           'user_id', '${ids[name]}', 'role', 'member')
         from member`,
      );
    const join = (name: string) =>
      tell(
        'joined',
        name,
        `insert into team_members (id, project_id, user_id)
         values (gen_random_uuid(), '${project}', '${ids[name]}')`,
      );
    const leave = (name: string) =>
      tell('left', name, `delete from team_members where user_id = '${ids[name]}'`);
    const members = async () => {
      const rows = await database.query<{ id: string }>('select user_id as id from previews.project_members');
      return Object.keys(ids).filter((name) => rows.some(({ id }) => id === ids[name]));
    };
    await join('bob');
    await expect.poll(members, soon).toEqual(['alice', 'bob']);

    const dump = `${cluster.home}/projects.dump`;
    await cluster.run('pg_dump', ['-Fc', '-n', 'projects', '-d', 'hivesync', '-f', dump]);
    await leave('bob');
    await join('carol');
    await expect.poll(members, soon).toEqual(['alice', 'carol']);
    await first.kill();
    await ask(url, 'drop schema projects cascade');
    await cluster.run('pg_restore', ['-d', 'hivesync', '--exit-on-error', dump]);
    const second = there.start('projects', { through: at(url) });
    await second.says('ready', 60);
    await expect.poll(members, soon).toEqual(['alice', 'bob']);

    const tasks = `${there.urls.projects}/api/v1/projects/${project}/tasks`;
    for (const title of ['Roof', 'Door']) {
      await call(tasks, 'POST', { title, assignee_id: ids.bob }, alice);
    }
    const told = () =>
      database.query(
        `select payload_json ->> 'title' as title
         from identity.notifications
         where user_id = '${ids.bob}' and type = 'task_assigned'
         order by id`,
      );
    await expect.poll(told, soon).toEqual([{ title: 'Roof' }, { title: 'Door' }]);
    for (const app of others) await app.says('event source was set back');
    const happened = await ask(url, 'select id from projects.outbox order by id');
    const logged = () =>
      database.query(
        `select id from audit.audit_logs where id in (${happened.map(({ id }) => `'${id}'`)}) order by id`,
      );
    await expect.poll(logged, soon).toEqual(happened);
  });
});
