import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Clients of one server that do not behave: each has a connection of its own. */
export class SlowClients {
  readonly #port: number;
  readonly #addresses: number;
  readonly #sockets = new Set<Socket>();
  readonly #answers = new Map<Socket, string>();
  readonly #timers: NodeJS.Timeout[] = [];

  /** @param addresses from how many they come in turn; more than one on Linux alone, where 127.0.0.0/8 is this machine */
  constructor(port: number, addresses = 1) {
    this.#port = port;
    this.#addresses = addresses;
  }

  /** Sends `head` and then nothing, and reads what is answered, or not. */
  async open(head: string, options: { reads?: boolean } = {}): Promise<Socket> {
    const localAddress = `127.0.0.${1 + (this.#sockets.size % this.#addresses)}`;
    const socket = connect({ port: this.#port, host: '127.0.0.1', localAddress });
    // It may be cut off at any time; whether it was is told by `statuses` and `closed`.
    socket.on('error', () => undefined);
    this.#sockets.add(socket);
    await once(socket, 'connect');
    if (options.reads ?? true) {
      socket.on('data', (data) => this.#answers.set(socket, (this.#answers.get(socket) ?? '') + data));
    } else socket.pause();
    socket.write(head);
    return socket;
  }

  /** Sends one more byte on every connection that is still open, each `milliseconds`, until they are closed. */
  drip(milliseconds: number): void {
    const timer = setInterval(() => {
      for (const socket of this.#sockets) if (socket.writable) socket.write('x');
    }, milliseconds);
    this.#timers.push(timer);
  }

  /** How many got which status so far; `-` for those that got none. */
  statuses(): Record<string, number> {
    const counted: Record<string, number> = {};
    for (const socket of this.#sockets) {
      const status = /^HTTP\/1\.1 (\d+)/.exec(this.#answers.get(socket) ?? '')?.[1] ?? '-';
      counted[status] = (counted[status] ?? 0) + 1;
    }
    return counted;
  }

  /** They all hang up, without a word. */
  leave(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.destroy();
  }
}
