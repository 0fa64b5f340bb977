import { isIP, SocketAddress } from 'node:net';

/**
 * An address in the one spelling that PostgreSQL's `inet` answers too: IPv6 in lower case and compressed, IPv4 that
 * was mapped into IPv6 as IPv4, without a zone. Undefined for what is no address.
 */
export function clientAddress(ip: string): string | undefined {
  const address = ip.replace(/%.*$/, '');
  const version = isIP(address);
  if (version !== 6) return version === 4 ? address : undefined;
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}
