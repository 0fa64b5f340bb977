import { expect, test } from 'vitest';
import { clientTypes } from '../src/client-types.ts';

const document = {
  openapi: '3.1.0',
  info: { title: 'Things', version: '1' },
  paths: {
    '/things/{id}': {
      get: {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        responses: {
          '200': {
            description: 'it',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['name'],
                  properties: { name: { type: ['string', 'null'] } },
                },
              },
            },
          },
        },
      },
    },
  },
};

test('types of a document are the same text each time, and the document is left as it was', async () => {
  const before = structuredClone(document);
  const first = await clientTypes(document);
  expect(await clientTypes(document)).toBe(first);
  expect(document).toEqual(before);
  expect(first).toContain('"/things/{id}"');
  expect(first).toContain('name: string | null');
});

test('what is not an OpenAPI document is refused', async () => {
  await expect(clientTypes({ hello: 'world' })).rejects.toThrow(TypeError);
});
