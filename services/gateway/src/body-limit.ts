import { Transform, type TransformCallback } from 'node:stream';
import { ApiError } from '@hivesync/contracts';

/** Passes a body through and breaks off with BODY_TOO_LARGE at the first byte over `limit`. */
export class BodyLimit extends Transform {
  readonly #limit: number;
  #bytes = 0;

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#limit) done(bodyTooLarge(this.#limit));
    else done(null, chunk);
  }
}

export function bodyTooLarge(limit: number): ApiError {
  // The rest of the body is not read, so the connection cannot serve another request.
  return new ApiError('BODY_TOO_LARGE', {
    detail: `A body has at most ${limit} bytes.`,
    headers: { connection: 'close' },
  });
}
