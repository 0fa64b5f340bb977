import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { atFileEnd } from '@hivesync/testing';
import { expect, vi } from 'vitest';

const repository = resolve(import.meta.dirname, '../../../..');

/** A line of a log, as an operator's tools read it. */
export type Line = { level: string; time: string; service: string; msg: string } & Record<string, unknown>;

/** A built `dist/main.js` in a process of its own, told everything by its environment, and all that it prints. */
export class AppProcess {
  readonly url: string;
  readonly lines: Line[] = [];
  /** What stood on stdout and is no JSON object with a message: there must be none. */
  readonly strays: string[] = [];
  stderr = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** @param preload modules of Node to run before it */
  constructor(name: string, environment: Record<string, string>, preload: readonly string[] = []) {
    this.url = `http://${environment.HOST}:${environment.PORT}`;
    const child = spawn(
      process.execPath,
      [
        ...preload.map((module) => `--import=${module}`),
        resolve(repository, 'services', name, 'dist/main.js'),
      ],
      { env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child = child;
    this.#ended = once(child, 'exit');
    createInterface({ input: child.stdout }).on('line', (text) => this.#hear(text));
    child.stderr.on('data', (text) => {
      this.stderr += text;
    });
    atFileEnd(() => this.kill());
  }

  #hear(text: string): void {
    const line = parsed(text);
    if (line) this.lines.push(line);
    else this.strays.push(text);
  }

  saying(message: string): Line[] {
    return this.lines.filter(({ msg }) => msg === message);
  }

  /** The first line with that message, waited for. */
  async says(message: string, seconds = 60): Promise<Line> {
    return vi.waitFor(
      () => {
        const [line] = this.saying(message);
        if (line) return line;
        const said = this.lines.map(({ msg }) => msg).slice(-10);
        throw new Error(`It did not say "${message}" but ${JSON.stringify(said)} ${this.stderr}`);
      },
      { timeout: seconds * 1_000, interval: 50 },
    );
  }

  /** Has it answered `GET /metrics` after this was called? Waited for. */
  async asked(): Promise<void> {
    const asked = () => this.lines.filter(({ route }) => route === '/metrics').length;
    const before = asked();
    await expect.poll(asked, { timeout: 20_000 }).toBeGreaterThan(before);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit code, once it has one. */
  async ended(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

function parsed(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null && 'msg' in line ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}
