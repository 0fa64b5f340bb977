import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Lockfile, withoutIntegrity } from '../src/lockfile.ts';

const lockfile = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8'),
) as Lockfile;

test('every package that is fetched has a digest, those for other systems too', () => {
  expect(Object.keys(lockfile.packages).length).toBeGreaterThan(400);
  // `npm view <package>@<version> dist.integrity` tells what belongs there.
  expect(withoutIntegrity(lockfile)).toEqual([]);
});

test('no package is bound to one registry', () => {
  const bound = Object.entries(lockfile.packages).filter(([, { link, resolved }]) => !link && resolved);
  expect(bound.map(([place]) => place)).toEqual([]);
});

test('links, workspaces and bundled packages need none; a weak digest is none', () => {
  const packages = {
    '': { version: '1.0.0' },
    'packages/http': { version: '1.0.0' },
    'node_modules/@hivesync/http': { link: true, resolved: 'packages/http' },
    'node_modules/npm/node_modules/inner': { version: '2.0.0', inBundle: true },
    'node_modules/good': { version: '1.0.0', integrity: 'sha512-x' },
    'node_modules/weak': { version: '1.0.0', integrity: 'sha1-x' },
    'node_modules/a/node_modules/bare': { version: '3.0.0' },
  };
  expect(withoutIntegrity({ packages })).toEqual([
    'node_modules/weak 1.0.0',
    'node_modules/a/node_modules/bare 3.0.0',
  ]);
});
