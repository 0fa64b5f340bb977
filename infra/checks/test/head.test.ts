import { expect, test } from 'vitest';
import { eachApp } from '../src/documents.ts';

test('HEAD is answered wherever GET is', async () => {
  const reads = await eachApp(async (app) => {
    const { paths } = (await app.inject('/openapi.json')).json() as { paths: Record<string, object> };
    return Object.keys(paths)
      .filter((path) => 'get' in paths[path]!)
      .map((path) => path.replace(/\{([^}]+)\}/g, ':$1'))
      .map((url) => ({ url, head: app.hasRoute({ method: 'HEAD', url }) }));
  });
  expect(reads.flat().length).toBeGreaterThan(40);
  const missing = reads.flat().filter(({ head }) => !head);
  expect(missing).toEqual([]);
});
