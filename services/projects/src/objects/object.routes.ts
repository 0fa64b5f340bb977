import { Readable } from 'node:stream';
import { ApiError } from '@hivesync/contracts';
import { type App, errorResponses, heldByCaller, versionTag } from '@hivesync/http';
import { byteRange, type ObjectStore, objectKey, type SignedUrls } from '@hivesync/objects';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  bytes,
  DownloadHeaders,
  DownloadQuery,
  ObjectParams,
  partOfBytes,
  UploadQuery,
} from './object.schemas.ts';
import { receiveUpload } from './object-upload.service.ts';

const tags = ['attachments'];

/** Objects by their signed URLs, which are all that one needs to know: no token is looked at. */
export async function objectRoutes(
  app: App,
  { store, signedUrls }: { store: ObjectStore; signedUrls: SignedUrls },
): Promise<void> {
  // Bodies here are of any type and size, and go straight to the storage.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));

  app.put(
    '/api/v1/objects/attachments/:object_id',
    {
      config: { streamsBody: true },
      schema: {
        operationId: 'uploadObject',
        summary: 'Upload a file to a signed URL',
        tags,
        params: ObjectParams,
        querystring: UploadQuery,
        response: {
          204: Type.Null(),
          ...errorResponses(
            'SIGNED_URL_INVALID',
            'SIGNED_URL_EXPIRED',
            'CONFLICT',
            'GONE',
            'BODY_TOO_LARGE',
            'UNPROCESSABLE',
            'STORAGE_UNAVAILABLE',
            'STORAGE_FULL',
          ),
        },
      },
    },
    async (request, reply) => {
      const { expires, size, signature } = request.query;
      const key = objectKey(`attachments/${request.params.object_id}`);
      signedUrls.verify({ method: 'PUT', key, sizeBytes: size }, expires, signature);
      if (Number(request.headers['content-length']) > size) throw new ApiError('BODY_TOO_LARGE');
      await receiveUpload(app.dataSource, store, key, size, request.raw);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/api/v1/objects/attachments/:object_id',
    {
      config: { ifMatch: 'optional' },
      schema: {
        operationId: 'downloadObject',
        summary: 'Download a file from a signed URL',
        description:
          'All of it, or one range of bytes. A file never changes, so its parts always fit together.',
        tags,
        params: ObjectParams,
        querystring: DownloadQuery,
        headers: DownloadHeaders,
        response: {
          200: bytes,
          206: partOfBytes,
          304: Type.Null({ description: 'The caller has the file' }),
          ...errorResponses(
            'SIGNED_URL_INVALID',
            'SIGNED_URL_EXPIRED',
            'NOT_FOUND',
            'MALFORMED_IF_MATCH',
            'PRECONDITION_FAILED',
            'RANGE_NOT_SATISFIABLE',
            'STORAGE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { expires, name, signature } = request.query;
      const key = objectKey(`attachments/${request.params.object_id}`);
      signedUrls.verify({ method: 'GET', key, fileName: name }, expires, signature);
      const size = await store.sizeOf(key);
      if (size === null) throw new ApiError('NOT_FOUND');
      // An object is never changed, so its id tells all that a version could.
      request.ifMatch.require(request.params.object_id);
      const tag = versionTag(request.params.object_id);
      reply.headers({ etag: tag, 'accept-ranges': 'bytes', 'cache-control': 'private, no-store' });
      const held = heldByCaller(request, tag) !== null;
      const read = request.method === 'GET' && !held;
      const range = read ? rangeOf(request, tag, size) : null;
      if (range === 'unsatisfiable') {
        throw new ApiError('RANGE_NOT_SATISFIABLE', { headers: { 'content-range': `bytes */${size}` } });
      }
      const body = read ? await store.open(key, range) : Readable.from([]);
      if (!body) throw new ApiError('NOT_FOUND');
      if (held) reply.code(304);
      if (range) reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${size}`);
      // Whatever it is, a browser saves it and runs nothing of it on our origin.
      return reply
        .headers({
          'content-type': 'application/octet-stream',
          'content-length': range ? range.last - range.first + 1 : size,
          'content-disposition': contentDisposition(name || 'attachment'),
          'x-content-type-options': 'nosniff',
          'content-security-policy': "default-src 'none'; sandbox",
        })
        .send(body);
    },
  );
}

/** With `If-Range`, only of the file that the caller has the beginning of. */
function rangeOf({ headers }: FastifyRequest, tag: string, size: number) {
  const { range, 'if-range': only = tag } = headers;
  return only === tag ? byteRange(range, size) : null;
}
