/** docs/features.md against the repository: what it names exists, and no public operation is left out. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { limitKeys, serviceNames } from '@hivesync/contracts';
import { buildApp, loadConfig } from '@hivesync/gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);

const page = read('docs/features.md');
/** Everything in backticks, except names of headers and the like, which look like none of the three. */
const names = matches(page, /`([^`\n]+)`/g);
const operations = names.filter((name) => /^[A-Z]+ \//.test(name));
const tables = names.filter((name) => /^[a-z]+\.[a-z_]+$/.test(name));
const files = [
  ...names.filter((name) => name.includes('/') && !operations.includes(name)),
  ...matches(page, /\]\(([^)#\s]+)[^)]*\)/g).map((target) => join('docs', target)),
];

const documented = new Set(
  serviceNames.flatMap((service) => {
    const { paths } = JSON.parse(read(`services/${service}/openapi.json`)) as Document;
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }),
);

interface Document {
  paths: Record<string, Record<string, unknown>>;
}

// Its documents do not tell of health, metrics and the page to browse: whoever serves them does.
let gateway: Awaited<ReturnType<typeof buildApp>>;
beforeAll(async () => {
  gateway = await buildApp({ config: loadConfig({ PORT: '0', SERVICE_URLS: '{}', LOG_LEVEL: 'silent' }) });
  await gateway.ready();
});
afterAll(() => gateway.close());

test('the page names tables, operations and files at all', () => {
  expect(tables.length).toBeGreaterThan(40);
  expect(operations.length).toBeGreaterThan(60);
  expect(files.length).toBeGreaterThan(60);
});

test('every table is one of the service that it is said to be of', () => {
  const known = new Set(
    serviceNames.flatMap((service) =>
      matches(read(`services/${service}/schema.md`), /^## `(\w+)`$/gm).map((table) => `${service}.${table}`),
    ),
  );
  expect(tables.filter((table) => !known.has(table))).toEqual([]);
});

test('every table is named somewhere, those of the platform once', () => {
  const named = new Set(tables.map((table) => table.split('.')[1]));
  const missing = serviceNames.flatMap((service) =>
    matches(read(`services/${service}/schema.md`), /^## `(\w+)`$/gm).filter((table) => !named.has(table)),
  );
  expect(missing).toEqual([]);
});

test('every operation is served', () => {
  const served = (operation: string) => {
    const [method = '', url = ''] = operation.split(' ');
    return documented.has(operation) || gateway.hasRoute({ method, url });
  };
  expect(operations.filter((operation) => !served(operation))).toEqual([]);
});

test('every public operation of every service is named', () => {
  const missing = [...documented].filter(
    (operation) => !operation.includes(' /internal/') && !operations.includes(operation),
  );
  expect(missing).toEqual([]);
});

test('every file is there', () => {
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test('it says of every limit of the tiers whether it is enforced, and that is so', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (at|by|not yet)/gm)].map(([, key = '', how = '']) => [
    key,
    how,
  ]);
  expect(rows.map(([key]) => key).sort()).toEqual([...limitKeys].sort());
  const sources = globSync('services/{gateway,projects,previews,workers}/src/**/*.ts', { cwd: root }).map(
    read,
  );
  for (const [key, how] of rows) {
    const counted = new RegExp(`defaultTierLimits\\.${key}\\b`);
    expect([key, sources.some((source) => counted.test(source))]).toEqual([key, how !== 'not yet']);
  }
});
