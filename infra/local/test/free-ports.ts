import { serviceNames } from '@hivesync/contracts';
import { choosePorts, freePortRow, type Ports } from '../src/ports.ts';

/** Ports for the whole platform that are free at this moment. */
export async function freePorts(): Promise<Ports> {
  return choosePorts({ HIVESYNC_PORT_BASE: String(await freePortRow(serviceNames.length + 1)) });
}
