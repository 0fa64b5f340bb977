import { ApiError } from '@hivesync/contracts';
import type { FastifyRequest } from 'fastify';

/**
 * Refuses headers that say the body is another one than it looks. To pass over them would store compressed bytes as if
 * they were the file, a part as if it were the whole, and two keys as if they were a third.
 * @throws ApiError UNSUPPORTED_MEDIA_TYPE (RFC 9110 section 8.4), VALIDATION_FAILED (section 14.5)
 */
export async function checkHeaders({ method, headers, raw }: FastifyRequest): Promise<void> {
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'identity') {
    throw new ApiError('UNSUPPORTED_MEDIA_TYPE', {
      detail: 'A body is taken as it is, without Content-Encoding.',
      headers: { 'accept-encoding': 'identity' },
    });
  }
  if (method === 'PUT' && headers['content-range'] !== undefined) {
    throw new ApiError('VALIDATION_FAILED', {
      errors: [{ path: 'header/content-range', message: 'is not understood here: send the whole' }],
    });
  }
  // Node joins them with a comma, which looks like one key that nobody chose.
  if (timesSent(raw.rawHeaders, 'idempotency-key') > 1) {
    throw new ApiError('VALIDATION_FAILED', {
      errors: [{ path: 'header/idempotency-key', message: 'must be sent once' }],
    });
  }
}

function timesSent(rawHeaders: readonly string[], name: string): number {
  return rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === name).length;
}
