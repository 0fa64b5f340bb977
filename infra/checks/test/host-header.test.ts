/** What a request says of its host is the client's word: a link built from it leads wherever the client wants. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const clientsWord = new RegExp(
  [
    String.raw`\b(request|req)\.(host|hostname|protocol|port)\b`,
    String.raw`headers\??\.host\b|headers\[['"]host['"]\]`,
    'x-forwarded-(host|proto|port)',
    // Taken apart, as a parameter or otherwise; a URL may be.
    String.raw`\{[^{}]*\b(protocol|hostname)\b[^{}]*\}(?!\s*=\s*new URL)`,
  ].join('|'),
);
const withoutComments = (source: string) => source.replaceAll(/\/\*.*?\*\/|^\s*\/\/.*$/gms, '');

test('no source looks at what a request says of its host: URLs are built from PUBLIC_URL', () => {
  const sources = globSync('{packages/{http,objects},services/*}/src/**/*.ts', { cwd: root });
  expect(sources.length).toBeGreaterThan(200);
  const found = sources.filter((file) =>
    clientsWord.test(withoutComments(readFileSync(join(root, file), 'utf8'))),
  );
  expect(found).toEqual([]);
});

test.each([
  'const url = new URL(path, request.protocol + request.host);',
  "kept['x-forwarded-host'] = given;",
  'new URL(path, request.headers.host)',
  "request.headers['host']",
  'const addressOf = ({ protocol, host }) =>',
])('%s would be found', (line) => expect(line).toMatch(clientsWord));
