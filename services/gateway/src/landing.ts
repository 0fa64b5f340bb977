import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { addVary } from './vary.ts';

const links = { docs: '/docs', openapi: '/openapi.json', health: '/health/ready' };

const style = `
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto 0; padding: 0 1rem }
dt { font-weight: 600 } dd { margin: 0 0 .6rem }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } a { color: #9cf } }
`;
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>HiveSync API</title>
<style>${style}</style>
<h1>HiveSync API</h1>
<dl>
<dt><a href="${links.docs}">${links.docs}</a></dt><dd>Browse it and try it</dd>
<dt><a href="${links.openapi}">${links.openapi}</a></dt><dd>The same for programs: OpenAPI 3.1</dd>
<dt><a href="${links.health}">${links.health}</a></dt><dd>What is up and what is not</dd>
</dl>
</html>
`;
const styleHash = createHash('sha256').update(style).digest('base64');
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(';');

/** `GET /`: where to go from here, as a page, or as JSON for a client that accepts JSON and no HTML. */
export function landing(app: FastifyInstance): void {
  const schema: FastifySchema & { hide: true } = { hide: true };
  app.get('/', { schema }, async (request, reply) => {
    addVary(reply, 'accept');
    reply.header('cache-control', 'public, max-age=300');
    const { accept = '' } = request.headers;
    if (/\bjson\b/i.test(accept) && !/\btext\/html\b/i.test(accept)) return { name: 'HiveSync API', links };
    return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page);
  });
}
