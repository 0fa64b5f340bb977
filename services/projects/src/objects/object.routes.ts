import { ApiError } from '@hivesync/contracts';
import { type App, errorResponses } from '@hivesync/http';
import { type ObjectStore, objectKey, type SignedUrls } from '@hivesync/objects';
import { create as contentDisposition } from 'content-disposition';
import { Type } from 'typebox';
import { bytes, DownloadQuery, ObjectParams, UploadQuery } from './object.schemas.ts';
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
      exposeHeadRoute: false,
      schema: {
        operationId: 'downloadObject',
        summary: 'Download a file from a signed URL',
        tags,
        params: ObjectParams,
        querystring: DownloadQuery,
        response: {
          200: bytes,
          ...errorResponses('SIGNED_URL_INVALID', 'SIGNED_URL_EXPIRED', 'NOT_FOUND', 'STORAGE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { expires, name, signature } = request.query;
      const key = objectKey(`attachments/${request.params.object_id}`);
      signedUrls.verify({ method: 'GET', key, fileName: name }, expires, signature);
      const object = await store.open(key);
      if (!object) throw new ApiError('NOT_FOUND');
      // Whatever it is, a browser saves it and runs nothing of it on our origin.
      return reply
        .headers({
          'content-type': 'application/octet-stream',
          'content-length': object.sizeBytes,
          'content-disposition': contentDisposition(name || 'attachment'),
          'x-content-type-options': 'nosniff',
          'content-security-policy': "default-src 'none'; sandbox",
          'cache-control': 'private, no-store',
        })
        .send(object.body);
    },
  );
}
