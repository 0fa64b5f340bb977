import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Little for what it does: one that kept what it has seen would end for want of memory, and fail the benchmark. */
const heapMiB = 96;

/** A service as a process of its own, as it is deployed, but with a small heap. */
export class ServiceProcess {
  readonly #child: ChildProcess;
  readonly #url: string;

  constructor(name: 'identity' | 'billing', environment: Record<string, string>, url: string) {
    const main = fileURLToPath(new URL('main.js', import.meta.resolve(`@hivesync/${name}`)));
    this.#child = spawn(process.execPath, [`--max-old-space-size=${heapMiB}`, main], {
      env: environment,
      stdio: 'inherit',
    });
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

  /** Bytes of memory that it holds now. */
  async residentBytes(): Promise<number> {
    const text = await (await fetch(new URL('/metrics', this.#url))).text();
    const value = /^process_resident_memory_bytes\S* (\S+)/m.exec(text)?.[1];
    if (!value) throw new Error('the process does not tell its memory');
    return Number(value);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}

/** The most memory that a process held while `work` ran, looked at five times a second. */
export async function peakOf<T>(
  service: ServiceProcess,
  work: () => Promise<T>,
): Promise<{ result: T; peak: number }> {
  let peak = await service.residentBytes();
  const watch = setInterval(async () => {
    peak = Math.max(peak, await service.residentBytes().catch(() => 0));
  }, 200);
  try {
    const result = await work();
    return { result, peak: Math.max(peak, await service.residentBytes()) };
  } finally {
    clearInterval(watch);
  }
}
