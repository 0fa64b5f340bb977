import { expect, test } from 'vitest';
import { eachApp } from '../src/documents.ts';

/** Would read the whole file to throw it away, so it needs a handler of its own. */
const withoutYet = ['/api/v1/objects/attachments/:object_id'];

test('HEAD is answered wherever GET is', async () => {
  const reads = await eachApp(async (app) => {
    const { paths } = (await app.inject('/openapi.json')).json() as { paths: Record<string, object> };
    return Object.keys(paths)
      .filter((path) => 'get' in paths[path]!)
      .map((path) => path.replace(/\{([^}]+)\}/g, ':$1'))
      .map((url) => ({ url, head: app.hasRoute({ method: 'HEAD', url }) }));
  });
  expect(reads.flat().length).toBeGreaterThan(40);
  const missing = reads.flat().filter(({ url, head }) => !head && !withoutYet.includes(url));
  expect(missing).toEqual([]);
});
