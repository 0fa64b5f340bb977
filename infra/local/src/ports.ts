import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { type ServiceName, serviceNames } from '@hivesync/contracts';

export type AppName = ServiceName | 'gateway';
export type Ports = Record<AppName, number>;

export const host = '127.0.0.1';
export const defaultPortBase = 8080;

/** A port that somebody else holds. The message names it and the way out. */
export class PortInUseError extends Error {
  constructor(app: AppName, port: number) {
    super(
      `Port ${port} (${app}) is in use: stop what listens there, or set HIVESYNC_PORT_BASE to start the seven ports elsewhere.`,
    );
    this.name = 'PortInUseError';
  }
}

/**
 * The gateway at `PORT`, else at the base; the six services follow the base in their order.
 * @throws RangeError where a port is no port.
 */
export function choosePorts(env: { PORT?: string; HIVESYNC_PORT_BASE?: string }): Ports {
  const base = port('HIVESYNC_PORT_BASE', env.HIVESYNC_PORT_BASE) ?? defaultPortBase;
  if (base + serviceNames.length > 65_535)
    throw new RangeError(`HIVESYNC_PORT_BASE ${base} leaves no room for seven ports`);
  const services = serviceNames.map((service, index) => [service, base + 1 + index]);
  return { ...Object.fromEntries(services), gateway: port('PORT', env.PORT) ?? base };
}

function port(name: string, value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new RangeError(`${name} must be a port from 1 to 65535, not ${value}`);
  }
  return number;
}

/**
 * Tries all ports before anything is started, so that a busy one costs nothing.
 * @throws PortInUseError for the first that is taken.
 */
export async function assertPortsFree(ports: Ports): Promise<void> {
  for (const [app, number] of Object.entries(ports) as [AppName, number][]) {
    const failure = await probe(number);
    if (failure) throw failure.code === 'EADDRINUSE' ? new PortInUseError(app, number) : failure;
  }
}

/**
 * The first of `count` free ports in a row between 20000 and 31000. That is below the range from which systems take
 * ports for outgoing connections: else one of those could sit on the port of a service while it is down.
 * @param between draws a whole number between the two
 * @throws Error where 50 draws find none
 */
export async function freePortRow(
  count: number,
  between: (low: number, high: number) => number = randomInt,
): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = between(20_000, 31_000 - count);
    const row = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(row.map(probe))).every((failure) => failure === null)) return first;
  }
  throw new Error(`There are no ${count} free ports in a row between 20000 and 31000`);
}

/** Why nothing can listen there; null where it can. */
const probe = (number: number): Promise<NodeJS.ErrnoException | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(number, host, () => server.close(() => resolve(null)));
  });
