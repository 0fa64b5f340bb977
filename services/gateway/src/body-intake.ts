import type { IncomingMessage } from 'node:http';
import { ApiError } from '@hivesync/contracts';
import { Shares } from './shares.ts';

export interface BodyIntakeOptions {
  /** Bytes of all bodies that are here at once. */
  bytes: number;
  /** Bodies of one caller that are being received at once. */
  perCaller: number;
}

/** A body that is here as a whole, and counts until it is disposed of. */
export interface ReceivedBody extends Disposable {
  bytes: Buffer;
}

/**
 * Receives bodies whole, before anything is asked of a service: who sends slowly keeps nobody waiting but themselves.
 * How long a body may take is `bodyDeadline`'s and `stalledConnections`'.
 */
export class BodyIntake {
  readonly #options: BodyIntakeOptions;
  readonly #receiving = new Shares();
  #bytes = 0;

  constructor(options: BodyIntakeOptions) {
    this.#options = options;
  }

  /** Of bodies that are here, whole or in part. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How often a caller had too many under way. */
  get refused(): number {
    return this.#receiving.refused;
  }

  /**
   * The payload is read no further than one piece beyond `limit` bytes, and is not destroyed: it can be answered.
   * @throws ApiError TOO_MANY_AT_ONCE, BODY_TOO_LARGE, OVERLOADED where there is no room for it,
   *   VALIDATION_FAILED where it broke off
   */
  async receive(payload: IncomingMessage, limit: number, caller: string): Promise<ReceivedBody> {
    const leave = this.#receiving.take([caller, this.#options.perCaller]);
    let size = 0;
    const release = () => {
      this.#bytes -= size;
      size = 0;
    };
    const pieces: Buffer[] = [];
    try {
      for await (const piece of payload.iterator({ destroyOnReturn: false })) {
        size += piece.length;
        this.#bytes += piece.length;
        if (size > limit) throw bodyTooLarge(limit);
        if (this.#bytes > this.#options.bytes)
          throw new ApiError('OVERLOADED', { headers: { 'retry-after': '2' } });
        pieces.push(piece);
      }
    } catch (error) {
      release();
      throw error instanceof ApiError ? error : brokenOff(error);
    } finally {
      leave();
    }
    return { bytes: Buffer.concat(pieces), [Symbol.dispose]: release };
  }
}

export function bodyTooLarge(limit: number): ApiError {
  return new ApiError('BODY_TOO_LARGE', { detail: `A body has at most ${limit} bytes.` });
}

/** For the log: whoever sent it has left. */
function brokenOff(cause: unknown): ApiError {
  return new ApiError('VALIDATION_FAILED', { detail: 'The body broke off.', cause });
}
