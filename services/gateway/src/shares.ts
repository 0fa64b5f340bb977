import { ApiError } from '@hivesync/contracts';

/** Of whom, and how many at most. */
export type Share = readonly [holder: string, most: number];

/** Counts what each holder has under way at once, so that nobody takes what is there for all. */
export class Shares {
  readonly #taken = new Map<string, number>();
  #refused = 0;

  /**
   * Takes one of each share, or none.
   * @returns gives them back; it may be called again
   * @throws ApiError TOO_MANY_AT_ONCE with Retry-After
   */
  take(...shares: Share[]): () => void {
    for (const [holder, most] of shares) {
      if ((this.#taken.get(holder) ?? 0) < most) continue;
      this.#refused += 1;
      throw new ApiError('TOO_MANY_AT_ONCE', {
        detail: `At most ${most} at once.`,
        headers: { 'retry-after': '2' },
      });
    }
    for (const [holder] of shares) this.#taken.set(holder, (this.#taken.get(holder) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      for (const [holder] of shares) this.#giveBack(holder);
    };
  }

  /** How often somebody was refused. */
  get refused(): number {
    return this.#refused;
  }

  #giveBack(holder: string): void {
    const left = (this.#taken.get(holder) ?? 0) - 1;
    if (left > 0) this.#taken.set(holder, left);
    else this.#taken.delete(holder);
  }
}
