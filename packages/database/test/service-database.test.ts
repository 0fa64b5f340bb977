import { expect, test } from 'vitest';
import { defineDatabase } from '../src/index.ts';
import { Book, Star } from './library.ts';

test('a service owns what the contracts say is its own, by an entity of its own', () => {
  const claim = { entities: [Book], migrations: [], owns: { 'workers.node': Book } };
  expect(defineDatabase({ service: 'workers', ...claim }).owns).toEqual({ 'workers.node': Book });
  expect(() => defineDatabase({ service: 'billing', ...claim })).toThrow('owned by workers');
  expect(() => defineDatabase({ service: 'workers', ...claim, entities: [Star] })).toThrow(
    'not among its entities',
  );
});
