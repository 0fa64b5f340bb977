import { type IncomingMessage, METHODS } from 'node:http';
import { ApiError } from '@hivesync/contracts';
import type { FastifyInstance } from 'fastify';
import { malformedUrl } from '../errors/translate.ts';

const absoluteForm = /^https?:\/\/([^/?#]*)(.*)$/is;
const refused = new WeakSet<IncomingMessage>();

/**
 * The path and query of a request's target, so that hooks, routes and error documents see one form. A target may be a
 * whole URL as well (RFC 9112, 3.2.2), as clients behind a proxy send it. Whose host it names is not looked at: it
 * decides nothing here, as `Host` does not. As `rewriteUrl` of an app, together with `requestTargets`.
 */
export function originForm(request: Pick<IncomingMessage, 'url' | 'method'>): string {
  const target = request.url ?? '';
  if (target.startsWith('/') || (target === '*' && request.method === 'OPTIONS')) return target;
  const [, authority, rest = ''] = absoluteForm.exec(target) ?? [];
  if (authority === undefined || !isAuthority(authority)) {
    refused.add(request as IncomingMessage);
    return '/';
  }
  // What a proxy would have made of it (RFC 9112, 3.2.4).
  if (rest === '' && request.method === 'OPTIONS') return '*';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** A user in it would be deceit (RFC 9110, 4.2.4), an empty host is none (4.2.1). */
function isAuthority(authority: string): boolean {
  return authority !== '' && !authority.includes('@') && URL.canParse(`http://${authority}`);
}

/**
 * Answers targets that are none with 400, and `OPTIONS *`, which asks for the server as a whole, with 204. A path that
 * ends where a parameter would begin (`/api/v1/projects/`) is 404: it is neither the collection nor one of its items.
 * After all `onRequest`, so that these answers are counted and have the headers that others have.
 */
export function requestTargets(app: FastifyInstance): void {
  const methods = new Set(['OPTIONS']);
  app.addHook('onRoute', ({ method }) => {
    for (const one of [method].flat()) methods.add(one);
  });
  app.addHook('preParsing', async (request, reply) => {
    if (refused.has(request.raw))
      throw malformedUrl('The target of the request is no path and no http(s) URL.');
    if (request.url === '*') {
      return reply
        .code(204)
        .header('allow', METHODS.filter((method) => methods.has(method)).join(', '))
        .send();
    }
    const parameters = Object.entries(request.params as Record<string, string>);
    if (parameters.some(([name, value]) => name !== '*' && value === ''))
      throw new ApiError('ROUTE_NOT_FOUND');
  });
}
