import { isUtf8 } from 'node:buffer';
import { ApiError } from '@hivesync/contracts';
import type { App } from './app.ts';

/**
 * Bodies are JSON in UTF-8, or nothing (RFC 8259 section 8.1). Other bytes are refused: decoding them would put U+FFFD
 * in the place of what somebody wrote. A byte order mark at the beginning is passed over, whatever `charset` says. A
 * body that names `__proto__` or `constructor.prototype` is refused as malformed. An empty one counts as absent, since
 * clients send the content type with a DELETE too; a route that needs a body refuses that by its schema.
 */
export function jsonBody(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) done(null, undefined);
    else if (!isUtf8(body)) done(new ApiError('MALFORMED_JSON', { detail: 'The body is not UTF-8.' }));
    else parse(request, body.toString(), done);
  });
}
