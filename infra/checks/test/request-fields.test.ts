/** One rule for what means one thing: addresses and links of all requests, and how addresses are folded. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmailAddress, HttpsUrl, serviceNames } from '@hivesync/contracts';
import { expect, test } from 'vitest';
import { resolveReferences } from '../src/resolve-references.ts';

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const patternOf = (schema: object) => (schema as { pattern?: unknown }).pattern;

interface Field {
  where: string;
  schema: Record<string, unknown>;
}

/** Every text field of every request body, named by its operation. */
const fields = serviceNames.flatMap((service) => {
  const { paths, components } = JSON.parse(read(`services/${service}/openapi.json`)) as {
    paths: Record<string, Record<string, { operationId: string; requestBody?: unknown }>>;
    components: { schemas: Record<string, unknown> };
  };
  return Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ operationId, requestBody }) => [
      ...textsOf(resolveReferences(requestBody, components.schemas), operationId),
    ]);
});

function* textsOf(node: unknown, where: string): Generator<Field> {
  if (typeof node !== 'object' || node === null) return;
  const schema = node as Record<string, unknown>;
  if (schema.type === 'string') yield { where, schema };
  for (const [name, inner] of Object.entries(schema)) yield* textsOf(inner, `${where}.${name}`);
}

test('an address in a request is what mail can carry', () => {
  const addresses = fields.filter(
    ({ where, schema }) => schema.format === 'email' || /email|address/i.test(where.split('.').at(-1) ?? ''),
  );
  expect(addresses.length).toBeGreaterThanOrEqual(4);
  const others = addresses.filter(({ schema }) => schema.pattern !== patternOf(EmailAddress));
  // What was registered under an earlier rule is told to projects as it stands.
  expect(others.map(({ where }) => where.split('.')[0])).toEqual(['claimInvitations', 'deliverInvitations']);
});

test('a link in a request is https and holds no password', () => {
  const links = fields.filter(
    ({ where, schema }) => schema.format === 'uri' || /_url\b/.test(where.split('.').slice(-3).join('.')),
  );
  expect(links.length).toBeGreaterThanOrEqual(2);
  expect(links.filter(({ schema }) => schema.pattern !== patternOf(HttpsUrl))).toEqual([]);
});

test('addresses are folded by foldEmail alone', () => {
  const sources = globSync('{packages,services}/*/src/**/*.ts', { cwd: root }).filter(
    (path) => !path.includes('/migrations/') && !path.endsWith('contracts/src/fields.ts'),
  );
  expect(sources.length).toBeGreaterThan(100);
  const folding = sources.flatMap((path) =>
    read(path)
      .split('\n')
      // comments aside
      .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line))
      .filter((line) => /lower\(|toLowerCase|ilike/i.test(line) && /email|address/i.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  );
  expect(folding.sort()).toEqual([
    'services/identity/src/users/user.repository.ts: const foldedEmail = `lower(users.email collate "C")`;',
    'services/projects/src/members/team-invitation.entity.ts: ' +
      "@Check('team_invitations_email_check', 'email = lower(email) and char_length(email) between 3 and 320')",
  ]);
});
