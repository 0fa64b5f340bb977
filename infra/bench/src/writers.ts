import { setTimeout as sleep } from 'node:timers/promises';

export interface Measured<T> {
  /** How long each request took that began meanwhile. */
  milliseconds: number[];
  seconds: number;
  /** Requests that were not answered with success. */
  refused: number;
  result: T;
}

export interface Latencies {
  p50: number;
  p99: number;
  max: number;
}

/** @throws RangeError where nothing was measured */
export function latenciesOf(milliseconds: readonly number[]): Latencies {
  if (milliseconds.length === 0) throw new RangeError('nothing was measured');
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1)! };
}

/** People who make and change tasks in one project, one request after another with a short pause between. */
export class Writers {
  readonly #url: string;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;
  #milliseconds: number[] = [];
  #refused = 0;

  constructor(serviceUrls: Record<string, string>, project: string, members: readonly { token: string }[]) {
    this.#url = serviceUrls.projects!;
    this.#running = Promise.all(members.map(({ token }) => this.#write(project, token)));
    // Told by `stop`, which everybody calls.
    this.#running.catch(() => this.#stop.abort());
  }

  /** What the writers saw while `work` ran. */
  async during<T>(work: () => Promise<T>): Promise<Measured<T>> {
    this.#milliseconds = [];
    this.#refused = 0;
    const begun = performance.now();
    const result = await work();
    const seconds = (performance.now() - begun) / 1_000;
    return { result, seconds, milliseconds: [...this.#milliseconds], refused: this.#refused };
  }

  /** @throws what a writer failed with */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #write(project: string, token: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const made = await this.#request('POST', `/api/v1/projects/${project}/tasks`, token, {
        title: 'Of others',
      });
      await sleep(20);
      if (!made) continue;
      const change = { status: 'in_progress' };
      await this.#request('PATCH', `/api/v1/tasks/${made.id}`, token, change, made.version);
      await sleep(20);
    }
  }

  async #request(
    method: string,
    path: string,
    token: string,
    body: object,
    version?: number,
  ): Promise<{ id: string; version: number } | null> {
    const begun = performance.now();
    const answer = await fetch(new URL(path, this.#url), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(version !== undefined && { 'if-match': `"${version}"` }),
      },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    this.#milliseconds.push(performance.now() - begun);
    if (answer.ok) return JSON.parse(text) as { id: string; version: number };
    this.#refused += 1;
    return null;
  }
}
