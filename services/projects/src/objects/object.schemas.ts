import { Closed, IdSchema } from '@hivesync/contracts';
import { Type } from 'typebox';

export const ObjectParams = Closed({ object_id: IdSchema() });

const signed = {
  expires: Type.Integer({ minimum: 0, maximum: 8_640_000_000_000, description: 'Seconds since 1970' }),
  signature: Type.String({ maxLength: 256 }),
};
export const UploadQuery = Closed({ ...signed, size: Type.Integer({ minimum: 1 }) });
export const DownloadQuery = Closed({ ...signed, name: Type.String({ maxLength: 400 }) });

/** Any bytes, as OpenAPI says it. */
export const bytes = {
  description: 'The file',
  content: {
    'application/octet-stream': { schema: Type.Unsafe<unknown>({ type: 'string', format: 'binary' }) },
  },
};
