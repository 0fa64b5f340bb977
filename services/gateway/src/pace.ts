export interface PaceOptions {
  /** Milliseconds after which it is looked at how much has moved. */
  windowMs: number;
  /** Bytes that a window moves at least. */
  leastBytes: number;
}

/** Watches that a stream moves: a byte now and then does not count. Ends with `stop`. */
export class Pace {
  readonly #timer: NodeJS.Timeout;
  #moved = 0;

  /** @param onStall called after each window in which too little has moved */
  constructor({ windowMs, leastBytes }: PaceOptions, onStall: () => void) {
    this.#timer = setInterval(() => {
      const moved = this.#moved;
      this.#moved = 0;
      if (moved < leastBytes) onStall();
    }, windowMs).unref();
  }

  moved(bytes: number): void {
    this.#moved += bytes;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
