import { createServer, type Server } from 'node:net';
import { serviceNames } from '@hivesync/contracts';
import { host, type Ports } from '../src/ports.ts';

/** Ports that are free at this moment; seven at once, so that none comes twice. */
export async function freePorts(): Promise<Ports> {
  const names = [...serviceNames, 'gateway'] as const;
  const listen = () =>
    new Promise<Server>((done) => {
      const probe = createServer().listen(0, host, () => done(probe));
    });
  const probes = await Promise.all(names.map(listen));
  const chosen = probes.map((probe, index) => {
    const address = probe.address();
    return [names[index], typeof address === 'object' && address ? address.port : 0];
  });
  await Promise.all(probes.map((probe) => new Promise((done) => probe.close(done))));
  return Object.fromEntries(chosen) as Ports;
}
