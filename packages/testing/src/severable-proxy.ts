import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { atFileEnd } from './file-end.ts';

/** A TCP proxy on 127.0.0.1 that can fail as a network or a server does. Closed at the end of the test file. */
export interface SeverableProxy {
  port: number;
  /** The same URL, by way of the proxy. */
  through(url: string): string;
  /** Cuts every connection with a reset, and cuts new ones as well: the server has gone. */
  sever(): void;
  /** Passes nothing on in either direction, but keeps connections open: the network hangs. */
  pause(): void;
  /** Works again; what was held back while paused goes on its way. */
  restore(): void;
  /** How many connections there are now. */
  connections(): number;
  close(): Promise<void>;
}

interface Pair {
  client: Socket;
  target: Socket;
}

/** Listens on a free port and forwards to `targetPort` of 127.0.0.1 (or of `targetHost`). */
export async function severableProxy(targetPort: number, targetHost = '127.0.0.1'): Promise<SeverableProxy> {
  const pairs = new Set<Pair>();
  let state: 'open' | 'paused' | 'severed' = 'open';

  const cut = (pair: Pair) => {
    pairs.delete(pair);
    if (!pair.client.destroyed) pair.client.resetAndDestroy();
    if (!pair.target.destroyed) pair.target.resetAndDestroy();
  };
  const server = createServer((client) => {
    // A client's own error is the same as its end: 'close' follows.
    client.on('error', () => undefined);
    if (state === 'severed') {
      client.resetAndDestroy();
      return;
    }
    const target = createConnection({ port: targetPort, host: targetHost });
    const pair = { client, target };
    pairs.add(pair);
    target.on('error', () => cut(pair));
    client.on('close', () => pairs.delete(pair) && target.destroy());
    target.on('close', () => pairs.delete(pair) && client.destroy());
    // An end or an error of either is told by its `close`, above.
    pipeline(client, target, client, () => undefined);
    if (state === 'paused') for (const socket of [client, target]) socket.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const each = (act: (socket: Socket) => void) => {
    for (const { client, target } of pairs) for (const socket of [client, target]) act(socket);
  };
  const proxy: SeverableProxy = {
    port,
    through(url) {
      const proxied = new URL(url);
      proxied.hostname = '127.0.0.1';
      proxied.port = String(port);
      return proxied.href;
    },
    sever() {
      state = 'severed';
      for (const pair of pairs) cut(pair);
    },
    pause() {
      state = 'paused';
      each((socket) => socket.pause());
    },
    restore() {
      state = 'open';
      each((socket) => socket.resume());
    },
    connections: () => pairs.size,
    async close() {
      proxy.sever();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
  atFileEnd(() => proxy.close());
  return proxy;
}
