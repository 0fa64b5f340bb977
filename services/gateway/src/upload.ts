import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { ApiError } from '@hivesync/contracts';
import { bodyTooLarge } from './body-intake.ts';
import { Pace, type PaceOptions } from './pace.ts';

/**
 * A request's body as it comes in, on its way to a service. Not a pipe: where the service answers before it has all
 * of it, this ends and the request stays, for its answer. An error is for whoever sends it on.
 */
export class Upload extends Readable {
  readonly #payload: IncomingMessage;
  readonly #limit: number;
  readonly #pace: Pace;
  #bytes = 0;

  /** @param limit bytes; ends with BODY_TOO_LARGE at the first one over it, with REQUEST_TIMEOUT where it hardly moves */
  constructor(payload: IncomingMessage, limit: number, pace: PaceOptions) {
    super();
    this.#payload = payload;
    this.#limit = limit;
    this.#pace = new Pace(pace, () => {
      // Held back by us, since the service takes no more: its own deadline is for that.
      if (!payload.isPaused()) this.destroy(new ApiError('REQUEST_TIMEOUT'));
    });
    // From the first moment: the client may leave before anybody else listens.
    this.on('error', () => undefined);
    payload
      .on('data', this.#take)
      .once('end', this.#end)
      .once('error', this.#fail)
      .once('close', this.#close);
  }

  override _read(): void {
    this.#payload.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#pace.stop();
    this.#payload
      .off('data', this.#take)
      .off('end', this.#end)
      .off('error', this.#fail)
      .off('close', this.#close)
      // What still comes is thrown away, so that the answer is read.
      .resume();
    done(error);
  }

  readonly #take = (piece: Buffer): void => {
    this.#bytes += piece.length;
    this.#pace.moved(piece.length);
    if (this.#bytes > this.#limit) this.destroy(bodyTooLarge(this.#limit));
    else if (!this.push(piece)) this.#payload.pause();
  };
  readonly #end = (): void => {
    this.#pace.stop();
    // It closes now, which is no longer of interest.
    this.#payload.off('close', this.#close);
    this.push(null);
  };
  readonly #fail = (error: Error): void => void this.destroy(error);
  readonly #close = (): void => this.#fail(new Error('The client has left.'));
}
