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
    await new Promise<void>((resolve, reject) => {
      const probe = createServer();
      probe.once('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === 'EADDRINUSE' ? new PortInUseError(app, number) : error);
      });
      probe.listen(number, host, () => probe.close(() => resolve()));
    });
  }
}
