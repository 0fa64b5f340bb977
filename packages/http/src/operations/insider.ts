import { BlockList, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { clientAddress } from '../app/client-address.ts';

const ownNetworks = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  ownNetworks.addSubnet(network, bits, 'ipv4');
}
ownNetworks.addAddress('::1', 'ipv6');
ownNetworks.addSubnet('fc00::', 7, 'ipv6');
ownNetworks.addSubnet('fe80::', 10, 'ipv6');

/** What a proxy adds for somebody behind it, who may be anybody. */
const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Asks from this machine or a private network, by a connection of its own. */
export function isInsider({ raw, headers }: FastifyRequest): boolean {
  const address = clientAddress(raw.socket.remoteAddress ?? '');
  if (address === undefined || forwarded.some((name) => name in headers)) return false;
  return ownNetworks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
