import { Closed, FreeNames, IdSchema, Nullable, Text } from '@hivesync/contracts';
import Fastify from 'fastify';
import { type TSchema, Type } from 'typebox';
import { expect, test } from 'vitest';
import { bodyLimits, capacityOf } from '../src/app/body-limit.ts';
import { refuseHazards } from '../src/app/schema-hazards.ts';

function limitOf(body: TSchema | undefined, options: object = {}, url = '/internal/x'): number | undefined {
  const app = Fastify();
  refuseHazards(app);
  bodyLimits(app, 1_048_576);
  let limit: number | undefined;
  app.addHook('onRoute', (route) => {
    limit = route.bodyLimit;
  });
  app.post(url, { schema: body ? { body } : {}, ...options }, async () => ({}));
  return limit;
}

test('a limit follows from what the schema can carry', () => {
  expect(limitOf(Closed({ text: Text(50_000) }))).toBe(302_080 - 1_024);
  expect(limitOf(Closed({ name: Text(5) }))).toBe(4_096);
  expect(limitOf(undefined)).toBe(4_096);
  expect(limitOf(Closed({ text: Text(900_000) }))).toBe(1_048_576);
});

test('the largest body that fits gets through, however it is written', () => {
  const schema = Closed({
    ids: Type.Array(IdSchema(), { maxItems: 200 }),
    text: Nullable(Text(2_000)),
    free: FreeNames(Type.Unknown(), { maxBytes: 3_000 }),
  });
  const largest = {
    ids: Array<string>(200).fill('01a21c64-52ba-749b-9b17-d2e2bb209869'),
    text: 'ж'.repeat(2_000),
    free: { a: 'ж'.repeat(1_490) },
  };
  const escaped = JSON.stringify(largest, null, 4).replace(/ж/g, '\\u0436');
  expect(escaped.length).toBeLessThan(capacityOf(schema));
});

test('a route that anybody may call takes 4 KiB, unless it says more', () => {
  const body = Closed({ text: Text(50_000) });
  expect(limitOf(body, {}, '/api/v1/login')).toBe(4_096);
  expect(limitOf(body, { bodyLimit: 9_000 }, '/api/v1/hook')).toBe(9_000);
  expect(limitOf(body, { onRequest: async () => undefined }, '/api/v1/note')).toBeGreaterThan(300_000);
});

test.each<[string, TSchema]>([
  ['text', Closed({ text: Type.String() })],
  ['a list', Closed({ list: Type.Array(Type.Boolean()) })],
  ['free names', Closed({ free: FreeNames(Type.Unknown()) })],
  ['an open object', Type.Object({})],
  ['anything', Closed({ any: Type.Unknown() })],
])('a route that takes %s without a bound does not start', (_what, body) => {
  expect(() => limitOf(body)).toThrow('POST /internal/x: its body has no bound');
});

test.each<[string, TSchema]>([
  ['uniqueItems', Type.Array(IdSchema(), { maxItems: 9, uniqueItems: true })],
  ['patternProperties', Type.Record(Type.String(), Type.Null())],
])('a route whose schema uses %s does not start', (keyword, inside) => {
  const body = Closed({ a: Type.Union([Type.Null(), inside]) });
  expect(() => limitOf(body)).toThrow(`POST /internal/x: /body/properties/a/anyOf/1/${keyword}:`);
});
