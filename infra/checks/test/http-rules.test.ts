/** What HTTP demands of every operation, asked of the documents that the apps make of themselves. */
import { expect, test } from 'vitest';
import { openApiDocuments } from '../src/documents.ts';

interface Operation {
  parameters?: { name: string }[];
  requestBody?: object;
  responses: Record<string, { description: string; headers?: object }>;
}
type Paths = Record<string, Record<string, Operation>>;

const paths = Object.assign(
  {},
  ...(await openApiDocuments()).map(([, document]) => (document as { paths: Paths }).paths),
) as Paths;

const readsIfMatch = ({ parameters = [] }: Operation) => parameters.some(({ name }) => name === 'if-match');
const isTagged = (operation: Operation | undefined) =>
  operation !== undefined && 'etag' in (operation.responses['200']?.headers ?? {});

const writes = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations)
    .filter(([method]) => method !== 'get')
    .map(([method, operation]) => ({ method, path, operation, tagged: isTagged(operations.get) })),
);

test('whatever writes to what has an entity tag reads If-Match', () => {
  const deaf = writes.filter(({ tagged, operation }) => tagged && !readsIfMatch(operation));
  expect(deaf.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  expect(writes.filter(({ tagged }) => tagged).length).toBeGreaterThan(4);
});

test('whatever does not read If-Match says that it refuses it', () => {
  const silent = writes.filter(
    ({ operation }) =>
      !readsIfMatch(operation) &&
      !operation.responses['412']?.description.includes('PRECONDITION_UNSUPPORTED'),
  );
  expect(silent.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
});

test('no DELETE has a body', () => {
  const demanding = writes.filter(({ method, operation }) => method === 'delete' && operation.requestBody);
  expect(demanding.map(({ path }) => path)).toEqual([]);
});
