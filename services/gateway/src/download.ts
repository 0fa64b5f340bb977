import { Transform, type TransformCallback } from 'node:stream';
import { Pace, type PaceOptions } from './pace.ts';

/** Bytes of an ordinary answer that are taken in ahead of the client, so that its connection to the service is free. */
export const aheadBytes = 1_048_576;

/** An answer on its way to a client. Ends where the client hardly reads; a service that is slow is not its fault. */
export class Download extends Transform {
  readonly #pace: Pace;

  /** @param ahead bytes that are held here for a client that reads more slowly than the service writes; few by default */
  constructor(pace: PaceOptions, ahead?: number) {
    super(ahead === undefined ? {} : { readableHighWaterMark: ahead });
    this.#pace = new Pace(pace, () => {
      if (this.writableNeedDrain) this.destroy(new Error('The client does not read its answer.'));
    });
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#pace.moved(piece.length);
    done(null, piece);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#pace.stop();
    done(error);
  }
}
