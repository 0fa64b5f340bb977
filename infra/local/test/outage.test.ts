/**
 * PostgreSQL goes away under load and comes back. No process dies, what was acknowledged is there with its
 * event, what could not be done was refused with 503, and health recovers by itself.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceNames } from '@hivesync/contracts';
import { type EmbeddedServer, startEmbedded } from '@hivesync/database/embedded';
import { meanwhile } from '@hivesync/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../src/platform.ts';
import { freePortRow, type Ports } from '../src/ports.ts';
import { freePorts } from './free-ports.ts';

let folder: string;
let ports: Ports;
let server: EmbeddedServer;
let platform: Platform;
let token: string;
let project: string;

interface Answer {
  status: number;
  headers: Headers;
  body: { id: string; access_token: string; code?: string };
}

async function call(app: keyof Ports, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${ports[app]}${path}`, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer['body'],
  };
}

const readiness = () =>
  Promise.all(serviceNames.map(async (service) => (await call(service, '/health/ready')).status));

const startServer = (port: number) => startEmbedded({ dataDir: join(folder, 'postgres'), port });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hivesync-outage-'));
  chmodSync(folder, 0o755);
  server = await startServer(await freePortRow(1));
  ports = await freePorts();
  platform = await startPlatform({ ports, dataFolder: folder, serverUrl: server.url, logLevel: 'silent' });
  const person = { email: 'alice@example.com', password: 'correct horse battery' };
  token = '';
  await call('identity', '/api/v1/auth/register', { ...person, display_name: 'Alice' });
  token = (await call('identity', '/api/v1/auth/login', person)).body.access_token;
  project = (await call('projects', '/api/v1/projects', { name: 'Outage' })).body.id;
});
afterAll(async () => {
  await platform.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

const outages: [name: string, end: () => Promise<void>][] = [
  ['is stopped', () => server.stop()],
  [
    'is killed',
    async () => {
      const [pid] = readFileSync(join(server.cluster, 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGKILL');
      // The server's own processes notice that their parent is gone, and end.
      await sleep(1_000);
    },
  ],
];

describe.each(outages)('PostgreSQL %s under load', (_name, end) => {
  test('nothing acknowledged is lost, all else is refused with 503, and health recovers', {
    timeout: 120_000,
  }, async () => {
    const acknowledged: string[] = [];
    const refused = new Map<string, number>();
    const write = async (writer: number, ending: AbortSignal) => {
      for (let n = 0; !ending.aborted; n += 1) {
        const { status, headers, body } = await call('projects', `/api/v1/projects/${project}/tasks`, {
          title: `${writer}-${n}`,
        });
        if (status === 201) acknowledged.push(body.id);
        else {
          const answer = `${status} ${body.code} retry-after=${headers.has('retry-after')}`;
          refused.set(answer, (refused.get(answer) ?? 0) + 1);
          await sleep(20);
        }
      }
    };
    const load = meanwhile((ending) => Promise.all(Array.from({ length: 8 }, (_, n) => write(n, ending))));
    await expect.poll(() => acknowledged.length).toBeGreaterThan(20);

    const { port } = server;
    await end();
    await expect.poll(readiness, { timeout: 20_000 }).toEqual(serviceNames.map(() => 503));
    expect((await call('projects', '/health/live')).status).toBe(200);

    server = await startServer(port);
    await expect.poll(readiness, { timeout: 20_000 }).toEqual(serviceNames.map(() => 200));
    const back = acknowledged.length;
    await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(back);
    await load.stop();

    expect([...refused.keys()]).toEqual(['503 DATABASE_UNAVAILABLE retry-after=true']);

    const client = new Client({ connectionString: platform.databaseUrl });
    await client.connect();
    try {
      const lost = await client.query(
        `select id from unnest($1::uuid[]) as acknowledged (id)
         where not exists (select from projects.tasks where tasks.id = acknowledged.id)`,
        [acknowledged],
      );
      expect(lost.rows).toEqual([]);
      // Each task, acknowledged or not, has its event, and the event its audit row: once.
      const unaudited = () =>
        client
          .query(
            `select t.id, count(a.id)
             from projects.tasks t
             left join audit.audit_logs a
               on a.entity_id = t.id::text and a.event_type = 'projects.task.created'
             group by t.id
             having count(a.id) <> 1`,
          )
          .then(({ rows }) => rows);
      await expect.poll(unaudited, { timeout: 40_000 }).toEqual([]);
    } finally {
      await client.end();
    }
  });
});
