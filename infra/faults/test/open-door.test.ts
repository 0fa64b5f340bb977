/** The built gateway and all services as processes of their own, and clients who do not behave. Nobody else may notice. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { objectKey, SignedUrls } from '@hivesync/objects';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Platform, serviceUrlsOf, startPlatform } from '../src/platform.ts';
import { type GatewayProcess, startGateway } from './support/gateway-process.ts';
import { SlowClients } from './support/slow-clients.ts';

const many = 200;
const password = 'correct horse battery staple';
let folder: string;
let platform: Platform;
let gateway: GatewayProcess;
/** A second one in front of the same services, whom nobody disturbs: how slow the machine is meanwhile. */
let calm: GatewayProcess;
let token: string;
const opened: (() => Promise<void>)[] = [];

/** A service that takes every request and answers none. */
const silent = createServer(() => undefined);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hivesync-door-'));
  platform = await startPlatform(folder);
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  const { port } = silent.address() as AddressInfo;
  const serviceUrls = { ...serviceUrlsOf(platform), billing: `http://127.0.0.1:${port}` };
  [gateway, calm] = await Promise.all([
    startGateway(serviceUrls, { STRANGER_REQUESTS_PER_MINUTE: '1000000' }),
    startGateway(serviceUrls),
  ]);
}, 300_000);
/** Somebody else each time: a person has so many requests a minute. */
beforeEach(async () => {
  token = '';
  const person = { email: `bystander-${randomUUID()}@example.com`, password };
  await call('POST', '/api/v1/auth/register', { ...person, display_name: 'Bystander' });
  token = String((await call('POST', '/api/v1/auth/login', person)).access_token);
});
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});
afterAll(async () => {
  await Promise.all([gateway?.stop(), calm?.stop()]);
  silent.closeAllConnections();
  silent.close();
  await platform?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(gateway.url + path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Record<string, unknown>;
}

function clients(addresses: number): SlowClients {
  const slow = new SlowClients(gateway.port, addresses);
  opened.push(async () => slow.leave());
  return slow;
}

const halfSent = (path: string) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"name":`;

/** Milliseconds that one `GET /me` takes there. */
async function meAt({ url }: GatewayProcess): Promise<number> {
  const began = performance.now();
  const answer = await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  expect(answer.status).toBe(200);
  return performance.now() - began;
}

/** The slowest of so many, each asked of both gateways in the same moment, so that both meet the same machine. */
async function slowestMe(times: number): Promise<{ disturbed: number; undisturbed: number }> {
  let [disturbed, undisturbed] = [0, 0];
  for (let n = 0; n < times; n += 1) {
    const [here, there] = await Promise.all([meAt(gateway), meAt(calm)]);
    disturbed = Math.max(disturbed, here);
    undisturbed = Math.max(undisturbed, there);
    await sleep(100);
  }
  return { disturbed, undisturbed };
}

/** URLs to download a file of so many bytes from, which nobody has uploaded: another one for each name. */
async function download(bytes: number): Promise<(name: string) => string> {
  const key = objectKey('attachments/01890000-0000-7000-8000-000000000001');
  const file = join(platform.objectsFolder, key);
  await mkdir(join(platform.objectsFolder, 'attachments'), { recursive: true });
  writeFileSync(file, '');
  truncateSync(file, bytes);
  const urls = new SignedUrls(platform.objectsSigningSecret);
  return (fileName) => urls.sign({ method: 'GET', key, fileName }).path;
}

async function upload(): Promise<string> {
  const project = await call('POST', '/api/v1/projects', { name: 'Slow' });
  const task = await call('POST', `/api/v1/projects/${project.id}/tasks`, { title: 'Upload' });
  const granted = await call('POST', `/api/v1/tasks/${task.id}/attachments/uploads`, {
    name: 'slow.bin',
    size_bytes: 1_000_000,
  });
  const { pathname, search } = new URL(String(granted.upload_url));
  return pathname + search;
}

type Five = [SlowClients, SlowClients, SlowClients, SlowClients, SlowClients];

const places: [string, number][] = [['one address', 1]];
if (process.platform === 'linux') places.push(['50 addresses', 50]);

test.each(places)(
  'a bystander does not notice hundreds of clients at %s that neither send nor read',
  async (_from, addresses) => {
    const { pid } = gateway;
    const [file, grant] = [await download(50_000_000), await upload()];

    const all = Array.from({ length: 5 }, () => clients(addresses)) as Five;
    const [half, unread, drops, stuck, exports] = all;
    for (let n = 0; n < many; n += 1) {
      await Promise.all([
        half.open(halfSent('/api/v1/auth/login')),
        unread.open(`GET ${file(`${n}.bin`)} HTTP/1.1\r\nhost: x\r\n\r\n`, { reads: false }),
        drops.open(
          `PUT ${grant} HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: 1000000\r\n\r\n`,
        ),
        n % 4 === 0 && stuck.open('GET /api/v1/billing/subscription HTTP/1.1\r\nhost: x\r\n\r\n'),
        n % 10 === 0 &&
          exports.open(
            `GET /api/v1/me/export HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`,
            {
              reads: false,
            },
          ),
      ]);
    }
    drops.drip(1_000);
    await sleep(1_000);
    const { disturbed, undisturbed } = await slowestMe(30);
    console.log(
      `GET /me at most ${disturbed.toFixed()} ms, and ${undisturbed.toFixed()} ms at a gateway that nobody disturbs`,
    );
    console.log('half-sent', half.statuses(), 'one-byte', drops.statuses(), 'stuck', stuck.statuses());
    if (addresses > 1) expect(half.statuses()).toEqual({ '-': many });

    // Where the machine itself is that slow, it is not their doing.
    expect(disturbed).toBeLessThan(Math.max(1_000, 5 * undisturbed));
    // Their own writes go on too, and whoever operates the gateway is answered.
    expect(await call('POST', '/api/v1/projects', { name: 'Meanwhile' })).toMatchObject({
      name: 'Meanwhile',
    });
    expect((await fetch(`${gateway.url}/metrics`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200);

    // All hang up at once. Nothing ends of it, and their places are free again.
    for (const slow of all) slow.leave();
    const statusOf = async (path: string, init?: RequestInit) => {
      const answer = await fetch(gateway.url + path, init);
      await answer.body?.cancel();
      return answer.status;
    };
    const soon = { timeout: 20_000 };
    await expect.poll(() => statusOf(file('last.bin')), soon).toBe(200);
    const body = Buffer.alloc(1_000_000);
    await expect.poll(() => statusOf(grant, { method: 'PUT', body }), soon).toBe(204);
    expect(gateway.log()).not.toContain('closing after an error');
    expect([gateway.alive(), gateway.pid]).toEqual([true, pid]);
    expect(Object.values(platform.services).flatMap(({ crashes }) => crashes)).toEqual([]);
  },
  120_000,
);
