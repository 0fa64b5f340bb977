import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callingServices } from '@hivesync/clients';
import { type CloudEvent, serviceNames } from '@hivesync/contracts';
import { newId } from '@hivesync/database';
import { atFileEnd, settledFeed } from '@hivesync/testing';
import { beforeEach, expect, test } from 'vitest';
import { auditWhenDue } from '../src/integrity/integrity-schedule.ts';
import { startAudit } from './service.ts';

const { dataSource, database } = await startAudit();
const finding = {
  service: 'projects',
  aggregate: 'identity.user',
  kind: 'stale',
  column: 'user_refs.display_name',
  count: 2,
  repaired: 0,
  samples: [newId()],
};

/** Every service as far as audits know it: two slices each, with a finding in the first of `projects`. */
let asked: string[] = [];
let status = 200;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const service = String(request.headers.authorization).slice('Bearer '.length);
    const { after } = JSON.parse(Buffer.concat(chunks).toString()) as { after?: string };
    asked.push(service);
    const next = after === undefined ? 'identity.user' : null;
    const findings = service === 'projects' && next ? [finding] : [];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ findings, deletions: [], examined: 10, next }));
  });
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
atFileEnd(() => {
  server.closeAllConnections();
  server.close();
});
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const callService = callingServices({
  serviceUrls: Object.fromEntries(serviceNames.map((name) => [name, url])),
  tokens: async (name) => name,
});
const turn = () =>
  auditWhenDue({ dataSource, callService }, { hours: 24, signal: new AbortController().signal });
const lastAudited = (ago: string) =>
  database.query(
    `update audit.integrity_schedule set audited_at = now() - $1::interval, claimed_until = now()`,
    [ago],
  );
const events = async () =>
  (await settledFeed(dataSource)).items
    .map(({ event }) => event as CloudEvent)
    .filter(({ type }) => type === 'audit.integrity.audited');

beforeEach(async () => {
  asked = [];
  status = 200;
  await lastAudited('25 hours');
  await database.query('delete from audit.outbox');
});

test('is done once, by one replica, and told as an event that nobody caused', async () => {
  const turns = await Promise.all(Array.from({ length: 8 }, turn));
  expect(turns.filter(Boolean)).toHaveLength(1);
  expect(asked.toSorted()).toEqual([...serviceNames, ...serviceNames].toSorted());
  const [event, ...more] = await events();
  expect(more).toEqual([]);
  expect(event?.data).toEqual({ repair: false, examined: 120, found: 2, repaired: 0 });
  expect(event).not.toHaveProperty('actorid');
  expect(await turn()).toBe(false);
});

test('is not done before it is due', async () => {
  await lastAudited('23 hours');
  expect(await turn()).toBe(false);
  expect(asked).toEqual([]);
});

test('that fails tells nothing, is left alone for some minutes, and then begun again', async () => {
  status = 503;
  await expect(turn()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  status = 200;
  expect(await turn()).toBe(false);
  expect(await events()).toEqual([]);
  await database.query('update audit.integrity_schedule set claimed_until = now()');
  expect(await turn()).toBe(true);
  expect(await events()).toHaveLength(1);
});
