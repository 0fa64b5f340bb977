import { setTimeout as sleep } from 'node:timers/promises';

/** How long somebody waits, in milliseconds: for what stays as it is, and at most, however much it moves. */
export interface Patience {
  stillMs: number;
  longestMs: number;
}

const pauseMs = 200;
/** Longer than the longest pause that is in order: a lease, or a retry that has been put off, of a minute. */
const leastStillMs = 90_000;

/** Of somebody who has not seen yet how slow the machine is. */
export const firstPatience: Patience = { stillMs: leastStillMs, longestMs: 10 * leastStillMs };

/** On a machine that took so long for the first start of all services: a slower one is waited for longer. */
export function patienceAfter(startMs: number): Patience {
  const stillMs = Math.max(leastStillMs, 10 * startMs);
  return { stillMs, longestMs: 10 * stillMs };
}

/**
 * Asks what is left until nothing is. As long as what is left changes, something goes on, and is waited for.
 * @param ask what is left, a line each, without times and figures that change while nothing goes on
 * @returns what is left when patience is over
 */
export async function waitUntilDone(ask: () => Promise<string[]>, patience: Patience): Promise<string[]> {
  const begun = Date.now();
  let moved = begun;
  let last = '';
  for (;;) {
    const left = await ask();
    if (left.length === 0) return left;
    const now = Date.now();
    const state = left.join('\n');
    if (state !== last) moved = now;
    last = state;
    if (now - moved >= patience.stillMs || now - begun >= patience.longestMs) return left;
    await sleep(pauseMs);
  }
}
