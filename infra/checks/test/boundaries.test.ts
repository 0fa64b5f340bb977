import { describe, expect, it } from 'vitest';
import { violationsOf } from '../src/boundaries.ts';

const declared = new Set([
  'typeorm',
  'fastify',
  '@hivesync/contracts',
  '@hivesync/clients',
  '@hivesync/http',
  '@hivesync/identity',
]);
const messages = (path: string, text: string) =>
  violationsOf({ path, text }, declared).map(({ message }) => message);

describe('import boundaries', () => {
  it.each([
    [
      'services/projects/src/app.ts',
      `import { buildApp } from '@hivesync/identity';`,
      /the service identity/,
    ],
    ['services/projects/src/app.ts', `export * from '@hivesync/identity/database';`, /the service identity/],
    ['services/projects/src/app.ts', `const m = await import('@hivesync/identity');`, /the service identity/],
    ['services/projects/src/app.ts', `import '../../identity/src/app.ts';`, /leaves services\/projects/],
    ['packages/contracts/src/ids.ts', `import { newId } from '@hivesync/database';`, /only point down/],
    ['packages/events/src/feed.ts', `import { createApp } from '@hivesync/http';`, /only point down/],
    ['packages/clients/src/client.ts', `import { createApp } from '@hivesync/http';`, /only point down/],
    ['services/gateway/src/app.ts', `import { query } from '@hivesync/database';`, /only point down/],
    ['services/projects/src/app.ts', `import { testDatabase } from '@hivesync/testing';`, /only tests/],
    [
      'services/projects/src/task.service.ts',
      `import type { EntityManager } from 'typeorm';`,
      /TypeORM stays/,
    ],
    ['services/projects/src/app.ts', `import lodash from 'lodash';`, /not among the dependencies/],
  ])('%s may not: %s', (path, text, expected) => {
    expect(messages(path, text)).toEqual([expect.stringMatching(expected)]);
  });

  it.each([
    ['packages/http/src/app/app.ts', `import type { CallService } from '@hivesync/clients';`],
    ['services/projects/src/tasks/task.entity.ts', `import { Entity } from 'typeorm';`],
    ['services/projects/src/database/migrations/1-a.ts', `import type { QueryRunner } from 'typeorm';`],
    [
      'services/projects/src/app.ts',
      `import { createApp } from '@hivesync/http'; import './config.ts'; import 'node:fs';`,
    ],
    ['services/projects/test/app.test.ts', `import { testDatabase } from '@hivesync/testing';`],
  ])('%s may: %s', (path, text) => {
    expect(messages(path, text)).toEqual([]);
  });

  it('names the line, and no comment switches it off', () => {
    const text = `// biome-ignore lint: no\n// eslint-disable-next-line\nimport { buildApp } from '@hivesync/identity';\n`;
    expect(violationsOf({ path: 'services/audit/src/app.ts', text }, declared)).toMatchObject([{ line: 3 }]);
  });
});
