/** What a reader of the documents needs, and the linters do not ask for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceNames } from '@hivesync/contracts';
import { mergeDocuments, readDocuments } from '@hivesync/gateway';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

interface Answer {
  headers?: Record<string, unknown>;
  content?: Record<string, { schema: Record<string, unknown> }>;
}
interface Operation {
  operationId: string;
  security: Record<string, unknown>[];
  parameters?: { name: string; description?: string }[];
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, Answer>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
}

const documents: [string, Document][] = [
  ...serviceNames.map((service): [string, Document] => [
    service,
    JSON.parse(readFileSync(join(root, `services/${service}/openapi.json`), 'utf8')),
  ]),
  ['gateway', mergeDocuments(readDocuments(), 'https://api.example.com') as object as Document],
];
const operationsOf = (document: Document) =>
  Object.values(document.paths).flatMap((one) => Object.values(one));

test.each(documents)('%s describes every parameter', (_name, document) => {
  const bare = operationsOf(document).flatMap(({ operationId, parameters = [] }) =>
    parameters.filter(({ description }) => !description).map(({ name }) => `${operationId}.${name}`),
  );
  expect(bare).toEqual([]);
});

const internal = ({ security }: Operation) => security.some((one) => 'serviceToken' in one);

test.each(documents)('%s names what its public operations take and answer', (_name, document) => {
  const nameless = operationsOf(document)
    .filter((operation) => !internal(operation))
    .flatMap(({ operationId, requestBody, responses }) =>
      [requestBody, ...Object.values(responses)].flatMap((one) => {
        const schema = one?.content?.['application/json']?.schema;
        return schema && !('$ref' in schema)
          ? [`${operationId}: ${JSON.stringify(schema).slice(0, 80)}`]
          : [];
      }),
    );
  expect(nameless).toEqual([]);
});

test.each(documents)('%s tells of every operation how it fails, and when to come again', (name, document) => {
  for (const { operationId, responses, ...rest } of operationsOf(document)) {
    const statuses = [
      '400',
      '500',
      '503',
      ...(name === 'gateway' ? ['429'] : []),
      ...(rest.security.length ? ['401'] : []),
    ];
    expect(Object.keys(responses), operationId).toEqual(expect.arrayContaining(statuses));
    for (const status of ['429', '503']) {
      if (responses[status])
        expect(responses[status]?.headers, `${operationId} ${status}`).toHaveProperty('retry-after');
    }
  }
});
