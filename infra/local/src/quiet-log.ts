interface Destination {
  write(line: string): unknown;
}

/**
 * The services' log, without what they say while they wait for each other: at the start, when not all listen yet,
 * and at the end, when not all do any more. Errors are always shown; a start that fails shows everything.
 */
export class QuietLog implements Destination {
  readonly #destination: Destination;
  #phase: 'starting' | 'running' | 'stopping' = 'starting';
  #held: string[] = [];

  constructor(destination: Destination) {
    this.#destination = destination;
  }

  write(line: string): void {
    if (this.#phase === 'running' || isError(line)) this.#destination.write(line);
    else if (this.#phase === 'starting') this.#held.push(line);
  }

  /** Everything runs: what was held back is forgotten, and all is shown from now on. */
  started(): void {
    this.#phase = 'running';
    this.#held = [];
  }

  /** Not everything started: shows what was held back. */
  failed(): void {
    this.#phase = 'stopping';
    for (const line of this.#held.splice(0)) this.#destination.write(line);
  }

  stopping(): void {
    this.#phase = 'stopping';
  }
}

const isError = (line: string): boolean => /"level":"(error|fatal)"/.test(line);
