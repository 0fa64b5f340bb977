import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callingServices } from '@hivesync/clients';
import { meanwhile } from '@hivesync/testing';
import { afterEach, expect, test } from 'vitest';
import { patientOwners } from '../../src/integrity/patient-owners.ts';
import { httpReferenceOwners } from '../../src/references/reference-owners.ts';

const page = { after: null, limit: 10 };
const context = { requestId: 'test' };
let asked = 0;
let close = () => {};

/** An owner that answers 503 as often as told, as one that restarts does. */
async function owner(failures: number) {
  asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(asked > failures ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ items: [] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const identity = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return httpReferenceOwners(callingServices({ serviceUrls: { identity }, tokens: async () => 'token' }));
}
afterEach(() => close());

test('an owner that restarts is asked again', async () => {
  const owners = patientOwners(await owner(2), new AbortController().signal);
  expect(await owners.list('identity.user', page, context)).toEqual([]);
  expect(asked).toBe(3);
});

test('one that stays away ends the audit, within seconds', async () => {
  const owners = patientOwners(await owner(Number.POSITIVE_INFINITY), new AbortController().signal);
  await expect(owners.list('identity.user', page, context)).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
  });
  expect(asked).toBe(5);
});

test('nobody is asked again by an app that closes', async () => {
  const closing = new AbortController();
  const owners = patientOwners(await owner(Number.POSITIVE_INFINITY), closing.signal);
  const listing = meanwhile(() => owners.list('identity.user', page, context));
  await expect.poll(() => asked, { interval: 5 }).toBeGreaterThan(0);
  closing.abort();
  await expect(listing.outcome).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  // At most what was on its way when it closed.
  expect(asked).toBeLessThan(3);
});
