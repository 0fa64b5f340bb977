/**
 * docs/operations.md tells operators which messages to search for. Each is brought about here, in a service that runs
 * as it is deployed, and found on its stdout.
 */
import { testDatabase } from '@hivesync/testing';
import { describe, expect, test } from 'vitest';
import type { AppProcess } from './support/app-process.ts';
import { type Cause, causes, confidential } from './support/causes.ts';
import { type Deployment, deployment } from './support/deployment.ts';
import { documentedMessages, sourceMessages } from './support/documented-messages.ts';

const documented = documentedMessages();
const scenes: Deployment[] = [];

async function play(cause: Cause): Promise<AppProcess> {
  const database = await testDatabase();
  const there = await deployment(database);
  scenes.push(there);
  return cause({ there, database });
}

test('every message in the document has a test that brings it about, and no test another', () => {
  expect(documented.length).toBeGreaterThan(10);
  expect(Object.keys(causes).toSorted()).toEqual(documented.toSorted());
});

test('every message of what goes wrong is in the document', () => {
  const wrong = sourceMessages().filter(({ level }) => ['warn', 'error', 'fatal'].includes(level));
  expect(wrong.length).toBeGreaterThan(10);
  expect(wrong.filter(({ message }) => !documented.includes(message))).toEqual([]);
});

describe('said on stdout', () => {
  test.each(documented)('%s', { timeout: 180_000 }, async (message) => {
    const cause = causes[message];
    if (!cause) throw new Error(`No test brings about what docs/operations.md tells people to search for`);
    const app = await play(cause);
    const line = await app.says(message);
    const levels = sourceMessages().flatMap((one) => (one.message === message ? [one.level] : []));
    expect(levels).toContain(line.level);
    expect(line.service).toMatch(/^[a-z]+$/);
    expect(Date.parse(line.time)).toBeGreaterThan(Date.now() - 60_000);
    expect(app.strays).toEqual([]);
    await app.kill();
  });
});

test('none of what was said holds a secret, an address or a name', () => {
  const said = scenes.flatMap(({ started }) => started);
  expect(said.flatMap(({ lines }) => lines.map(({ msg }) => msg))).toContain('event parked');
  const text = said.map(({ lines, strays, stderr }) => JSON.stringify([lines, strays, stderr])).join('\n');
  const secrets = [
    ...scenes.flatMap((scene) => scene.secrets),
    ...Object.values(confidential),
    'Nobody Else',
    'Bearer ',
  ];
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
});
