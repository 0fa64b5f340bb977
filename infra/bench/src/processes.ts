import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServiceName } from '@hivesync/contracts';

/**
 * Little for what it does: one that kept what it has seen would end for want of memory, and fail the benchmark. The
 * young generation is small as well: V8 lets it grow to a multiple under load, whatever is in it, which is no leak
 * but looks like one.
 */
const heapMiB = { old: 96, young: 8 };

/** Bytes that a process holds: in all, in JavaScript objects, and in buffers beside them. */
export interface Memory {
  resident: number;
  heap: number;
  external: number;
}

/** A service as a process of its own, as it is deployed, but with a small heap. */
export class ServiceProcess {
  readonly #child: ChildProcess;
  readonly #url: string;

  constructor(name: ServiceName, environment: Record<string, string>, url: string) {
    const main = fileURLToPath(new URL('main.js', import.meta.resolve(`@hivesync/${name}`)));
    this.#child = spawn(
      process.execPath,
      [`--max-old-space-size=${heapMiB.old}`, `--max-semi-space-size=${heapMiB.young}`, main],
      {
        env: environment,
        stdio: 'inherit',
      },
    );
    this.#url = url;
  }

  /** @throws Error where it is not ready within a minute */
  async ready(): Promise<void> {
    for (const begun = performance.now(); performance.now() - begun < 60_000; ) {
      const answer = await fetch(new URL('/health/ready', this.#url)).catch(() => undefined);
      await answer?.arrayBuffer();
      if (answer?.ok) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`${this.#url} is not ready`);
  }

  async memory(): Promise<Memory> {
    const text = await (await fetch(new URL('/metrics', this.#url))).text();
    const gauge = (name: string): number => {
      const value = new RegExp(`^${name}\\S* (\\S+)`, 'm').exec(text)?.[1];
      if (!value) throw new Error('the process does not tell its memory');
      return Number(value);
    };
    return {
      resident: gauge('process_resident_memory_bytes'),
      heap: gauge('nodejs_heap_size_used_bytes'),
      external: gauge('nodejs_external_memory_bytes'),
    };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}
