import { Closed, IdSchema } from '@hivesync/contracts';
import { Type } from 'typebox';

export const ObjectParams = Closed({ object_id: IdSchema() });

const signed = {
  expires: Type.Integer({ minimum: 0, maximum: 8_640_000_000_000, description: 'Seconds since 1970' }),
  signature: Type.String({ maxLength: 256, description: 'As it stands in the URL that was given out' }),
};
export const UploadQuery = Closed({
  ...signed,
  size: Type.Integer({ minimum: 1, description: 'Bytes of the file' }),
});
export const DownloadQuery = Closed({
  ...signed,
  name: Type.String({ maxLength: 400, description: 'What the file is to be saved as' }),
});

export const DownloadHeaders = Type.Object({
  range: Type.Optional(
    Type.String({ description: 'One range of bytes, as `bytes=0-1023`; several are passed over' }),
  ),
  'if-range': Type.Optional(Type.String({ description: 'The `ETag` of the file that the range belongs to' })),
});

/** Any bytes, as OpenAPI says it. */
const content = {
  'application/octet-stream': { schema: Type.Unsafe<unknown>({ type: 'string', format: 'binary' }) },
};
export const bytes = { description: 'The file', content };
export const partOfBytes = { description: 'The part of the file that `Content-Range` names', content };
