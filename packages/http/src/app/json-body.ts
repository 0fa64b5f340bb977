import type { App } from './app.ts';

/**
 * Bodies are JSON or nothing. A body that names `__proto__` or `constructor.prototype` is refused as malformed. An
 * empty one counts as absent, since clients send the content type with a DELETE too; a route that needs a body
 * refuses that by its schema.
 */
export function jsonBody(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else parse(request, body.toString(), done);
  });
}
