import { ApiError } from '@hivesync/contracts';
import type { FastifyInstance } from 'fastify';

/**
 * Answers 405 with `Allow` where the path exists with another method, else 404. Register it before any route.
 * Paths are matched by their segments, which is all that our routes use: no wildcards, no regular expressions.
 */
export function notFound(app: FastifyInstance): void {
  const methods = new Map<string, { pattern: RegExp; allowed: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return; // what answers on any path does not make it one
    const known = methods.get(url) ?? { pattern: patternOf(url), allowed: new Set<string>() };
    for (const one of [method].flat()) known.allowed.add(one);
    methods.set(url, known);
  });
  app.setNotFoundHandler(async (request) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = new Set(
      [...methods.values()]
        .filter(({ pattern }) => pattern.test(path))
        .flatMap((known) => [...known.allowed]),
    );
    if (allowed.size === 0) throw new ApiError('ROUTE_NOT_FOUND');
    throw new ApiError('METHOD_NOT_ALLOWED', { headers: { allow: [...allowed].sort().join(', ') } });
  });
}

function patternOf(url: string): RegExp {
  const segments = url
    .split('/')
    .map((segment) =>
      segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('\\*', '.*'),
    );
  return new RegExp(`^${segments.join('/')}$`);
}
