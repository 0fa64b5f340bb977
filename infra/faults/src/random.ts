/** Numbers that follow from a seed alone: the same seed gives the same ones on every machine. */
export class Random {
  #state: number;

  /** A stream of its own for each name, so that one consumer's draws do not shift another's. */
  constructor(seed: number, stream: string) {
    let hash = 2_166_136_261 ^ seed;
    for (const letter of stream) hash = Math.imul(hash ^ letter.charCodeAt(0), 16_777_619);
    this.#state = hash >>> 0;
  }

  /** From 0 up to, but never, 1. Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** @throws RangeError where there is nothing to pick from */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('There is nothing to pick from');
    return from[Math.floor(this.next() * from.length)]!;
  }

  /** One of the keys, each as likely as its weight says. */
  weighted<T extends string>(weights: Record<T, number>): T {
    const entries = Object.entries<number>(weights) as [T, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return entries.at(-1)![0];
  }
}
