import { databases } from '@hivesync/local';
import { expect, test } from 'vitest';
import { homes, homesOf } from '../src/homes.ts';

test('each aggregate of the contracts lives where its owner says', () => {
  expect(homes).toEqual({
    'identity.user': { service: 'identity', table: 'users' },
    'projects.project': { service: 'projects', table: 'projects' },
    'workers.node': { service: 'workers', table: 'worker_nodes' },
  });
});

test('one that nobody claims is an error', () => {
  const { owns: _, ...silent } = databases.workers;
  expect(() => homesOf([databases.identity, databases.projects, silent])).toThrow(/workers\.node/);
});
