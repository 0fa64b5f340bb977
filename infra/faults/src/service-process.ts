import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@hivesync/contracts';
import { askReadiness } from './readiness.ts';

export interface ServiceProcessOptions {
  service: ServiceName;
  /** Its built `main.js`. */
  main: string;
  url: string;
  environment: Record<string, string>;
  logFile: string;
}

/** One service as an operating system process, which may be killed at any moment. */
export class ServiceProcess {
  readonly service: ServiceName;
  readonly url: string;
  /** Ends that nobody here caused: each is a bug. */
  readonly crashes: string[] = [];
  readonly #options: ServiceProcessOptions;
  #child: ChildProcess | undefined;
  #resume: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: ServiceProcessOptions) {
    this.service = options.service;
    this.url = options.url;
    this.#options = options;
  }

  get logFile(): string {
    return this.#options.logFile;
  }

  /** Nothing once it is stopped: a fault under way then must not bring it back. */
  start(): void {
    if (this.#stopped) return;
    const log = openSync(this.#options.logFile, 'a');
    const child = spawn(process.execPath, [this.#options.main], {
      env: { PATH: process.env.PATH, ...this.#options.environment },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return;
      this.crashes.push(`${this.service} ended by itself: ${signal ?? `exit ${code}`}`);
      this.start();
    });
    this.#child = child;
  }

  /** SIGKILL; resolves once the process is gone. It takes no time to say goodbye, so neither do we. */
  async kill(): Promise<void> {
    const child = this.#release();
    if (!child) return;
    const gone = ended(child);
    child.kill('SIGKILL');
    await gone;
  }

  /** For good: SIGTERM, and SIGKILL for one that has not ended after 15 s. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#release();
    if (!child) return;
    const gone = ended(child);
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(timer);
  }

  /** Stands still for so long, and then goes on as if no time had passed. Does not wait for it. */
  pause(milliseconds: number): void {
    const child = this.#child;
    if (!child) return;
    child.kill('SIGSTOP');
    clearTimeout(this.#resume);
    this.#resume = setTimeout(() => child.kill('SIGCONT'), milliseconds);
  }

  /** Whether it becomes ready in time. */
  async ready(timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      if ((await askReadiness(this)) === null) return true;
      await sleep(50);
    }
    return false;
  }

  #release(): ChildProcess | undefined {
    const child = this.#child;
    this.#child = undefined;
    return child && child.exitCode === null && child.signalCode === null ? child : undefined;
  }
}

const ended = (child: ChildProcess): Promise<void> => new Promise((done) => child.once('exit', () => done()));
