import { isIPv6 } from 'node:net';

/**
 * What one subscriber has: an IPv4 address, or the /64 that an IPv6 one is drawn from, as whoever holds a /64
 * has 2^64 addresses to try from.
 */
export function subscriberNetwork(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
