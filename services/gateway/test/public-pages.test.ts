import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/app.ts';
import { ask, gatewayBefore } from './support/gateway-before.ts';

const url = await gatewayBefore((request, response) => {
  const ofItsOwn = request.url?.endsWith('/own')
    ? { 'content-security-policy': "default-src 'none'; sandbox" }
    : {};
  response.writeHead(200, { 'content-type': 'application/json', ...ofItsOwn }).end('{}');
});

test.each([
  ['/api/v1/projects', 200],
  ['/api/v1/nothing', 404],
  ['/api/v1/projects/', 404],
  ['/', 200],
  ['/docs', 200],
  ['/docs/static/swagger-ui.css', 200],
  ['/openapi.json', 200],
  ['/health/live', 200],
])('%s has the headers that keep a browser from doing more with it', async (path, status) => {
  const answer = await ask(url + path);
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
  });
  expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(answer.headers['content-security-policy']).not.toContain('unsafe');
  expect(answer.headers).not.toHaveProperty('strict-transport-security');
});

test('what a service says of its own answer goes before', async () => {
  const { headers } = await ask(`${url}/api/v1/projects/own`);
  expect(headers['content-security-policy']).toBe("default-src 'none'; sandbox");
});

test('with an https PUBLIC_URL browsers are told to use nothing else, and the document names it whatever Host says', async () => {
  const secure = await gatewayBefore((_request, response) => response.end(), {
    PUBLIC_URL: 'https://api.example.com',
  });
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' };
  const answer = await ask(`${secure}/openapi.json`, { headers });
  expect(answer.headers['strict-transport-security']).toBe('max-age=15552000');
  expect(JSON.parse(answer.body.toString()).servers).toEqual([{ url: 'https://api.example.com' }]);
  for (const path of [
    '/',
    '/docs',
    '/docs/',
    '/docs/static/index.html',
    '/docs/json',
    '/openapi.json',
    '/nothing',
  ]) {
    const { headers: said, body } = await ask(secure + path, { headers });
    expect(JSON.stringify(said) + body, path).not.toContain('evil.example');
  }
});

test.each([
  'api.example.com',
  'ftp://api.example.com',
  'https://api.example.com/',
  'https://a.example/v1',
  'https://u@a.example',
])('PUBLIC_URL %s is refused at start', (PUBLIC_URL) => {
  expect(() => loadConfig({ PORT: '0', SERVICE_URLS: '{}', PUBLIC_URL })).toThrow('PUBLIC_URL');
});

test('the page to browse the document holds nothing inline, and may talk to where it came from alone', async () => {
  const { headers, body } = await ask(`${url}/docs`);
  const policy = String(headers['content-security-policy']);
  const page = body.toString();
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(page).not.toMatch(/<style|\sstyle=|\son\w+=/);
  expect(policy).toContain("script-src 'self';");
  // What its script puts into the page is allowed by its digest, which another version of it may change.
  const script = (await ask(`${url}/docs/static/swagger-ui-standalone-preset.js`)).body.toString();
  const styles = [...script.matchAll(/createElement\("style",null,"([^"]*)"/g)].map(
    ([, style = '']) => style,
  );
  expect(styles).toHaveLength(1);
  const hashes = styles.map((style) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  expect(policy).toContain(`style-src 'self' ${hashes.join(' ')};`);
  // What is tried there goes to where the page is, so that the policy lets it.
  const document = JSON.parse((await ask(`${url}/docs/json`)).body.toString());
  expect(document.servers).toEqual([{ url: '/' }]);
});

test('a browser shows all operations, and its policy stops nothing', async ({ skip }) => {
  const browser = ['chromium', 'chromium-browser', 'google-chrome'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
  if (!browser) return skip('no Chromium is installed here');
  for (const [path, shown] of [
    ['/docs', '/api/v1/projects/{project_id}'],
    ['/docs/', '/api/v1/projects/{project_id}'],
    ['/', 'OpenAPI 3.1'],
  ] as const) {
    const options = ['--headless', '--no-sandbox', '--disable-gpu', '--enable-logging=stderr'];
    const { stdout, stderr } = await promisify(execFile)(
      browser,
      [...options, '--virtual-time-budget=20000', '--dump-dom', url + path],
      { timeout: 90_000, maxBuffer: 16_000_000 },
    );
    // Swagger UI breaks long paths where a slash is.
    expect(stdout.replaceAll('<wbr>', '').replaceAll('\u200b', ''), path).toContain(shown);
    expect(stderr, path).not.toContain('Content Security Policy');
  }
}, 300_000);

test('/ tells people and programs where to go', async () => {
  const page = await ask(`${url}/`, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  const html = page.body.toString();
  const [, style = ''] = /<style>(.*)<\/style>/s.exec(html) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  expect(page.headers['content-security-policy']).toContain(`style-src 'sha256-${hash}'`);
  const linked = [...html.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href);
  expect(linked).toEqual(['/docs', '/openapi.json', '/health/ready']);
  for (const href of linked) expect((await ask(url + href)).status, href).toBe(200);

  const program = await ask(`${url}/`, { headers: { accept: 'application/json' } });
  expect(JSON.parse(program.body.toString())).toEqual({
    name: 'HiveSync API',
    links: { docs: '/docs', openapi: '/openapi.json', health: '/health/ready' },
  });
  expect([page.headers.vary, program.headers.vary]).toEqual(['accept', 'accept']);
  expect((await ask(`${url}/`)).headers['content-type']).toMatch('text/html');
});

test('HEAD is answered wherever GET is', async () => {
  for (const path of ['/', '/docs', '/openapi.json', '/health/live', '/health/ready', '/api/v1/projects']) {
    const [got, head] = [await ask(url + path), await ask(url + path, { method: 'HEAD' })];
    expect([path, head.status, head.body.length]).toEqual([path, got.status, 0]);
    expect(head.headers['content-type'], path).toBe(got.headers['content-type']);
  }
});

test('everything is counted, also what is answered here; probes of health apart', async () => {
  const door = await gatewayBefore((_request, response) => response.end('{}'), {
    STRANGER_REQUESTS_PER_MINUTE: '6',
  });
  const paths = ['/nothing', '/', '/docs', '/docs/static/index.css', '/openapi.json', '/api/v1/projects'];
  for (const [at, path] of paths.entries()) {
    expect((await ask(door + path)).headers.ratelimit, path).toMatch(`"stranger";r=${5 - at};`);
  }
  for (const path of [...paths, '/api/v1/projects/']) {
    expect((await ask(door + path)).status, path).toBe(429);
  }
  const probe = await ask(`${door}/health/live`);
  expect([probe.status, probe.headers['ratelimit-policy']]).toEqual([200, '"probe";q=600;w=60']);
  const many = Array.from({ length: 600 }, () => ask(`${door}/health/live`));
  const statuses = (await Promise.all(many)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(599);
  expect(statuses.filter((status) => status === 429)).toHaveLength(1);
});
