import type { Memory, ServiceProcess } from './processes.ts';

const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);

/** Looks at the memory of a process twice a second, and keeps the most that it saw since it was last asked. */
export class MemoryWatch {
  readonly #service: ServiceProcess;
  readonly #timer: NodeJS.Timeout;
  #most: Memory = { resident: 0, heap: 0, external: 0 };

  constructor(service: ServiceProcess) {
    this.#service = service;
    // A look that fails is made up for by the next: `line` looks for itself, and tells.
    this.#timer = setInterval(() => void this.#look().catch(() => undefined), 500);
  }

  /** What it held at most since the last line, in MiB. */
  async line(when: string): Promise<string> {
    await this.#look();
    const { resident, heap, external } = this.#most;
    this.#most = { resident: 0, heap: 0, external: 0 };
    return `${when.padEnd(14)} resident ${megabytes(resident)} MiB, heap in use ${megabytes(heap)} MiB, external ${megabytes(external)} MiB`;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const now = await this.#service.memory();
    const most = this.#most;
    this.#most = {
      resident: Math.max(most.resident, now.resident),
      heap: Math.max(most.heap, now.heap),
      external: Math.max(most.external, now.external),
    };
  }
}
