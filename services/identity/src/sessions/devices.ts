import { isUtf8 } from 'node:buffer';

export interface Device {
  name: string;
  platform: string;
}

const platformSigns: readonly (readonly [sign: RegExp, platform: string])[] = [
  [/iPad/, 'ipados'],
  [/iPhone/, 'ios'],
  [/Android/, 'android'],
  [/Windows/, 'windows'],
  [/Mac OS X|Macintosh/, 'macos'],
  [/Linux/, 'linux'],
];

/**
 * Which device logs in: as the client says in the body, else by the X-Device-Name header, else by its user agent.
 * It is what the client claims. That serves to recognise a device, never to trust one.
 */
export function describeDevice(
  given: { name: string; platform?: string | undefined } | undefined,
  headerName: string | undefined,
  userAgent: string | undefined,
): Device {
  const agent = printable(userAgent);
  const guessed = platformSigns.find(([sign]) => sign.test(agent))?.[1] ?? 'unknown';
  // A name in the body has its limit by schema.
  const name = given?.name ?? cut(printable(headerName) || agent || 'Unknown device', 200);
  return { name, platform: given?.platform ?? guessed };
}

/** The user agent as it is kept with a session; null where there is none. */
export function describeAgent(userAgent: string | undefined): string | null {
  return cut(printable(userAgent), 500) || null;
}

/** In code points, as the tables count. */
const cut = (text: string, length: number): string => [...text].slice(0, length).join('').trim();

const printable = (header: string | undefined): string =>
  headerText(header ?? '')
    .replace(/\p{Cc}/gu, '')
    .trim();

/**
 * What a client wrote into a header. Node gives one character for each byte, as Latin-1; clients write UTF-8 (RFC 9110,
 * section 5.5, leaves the bytes over 0x7F opaque). What is no UTF-8 stays Latin-1.
 */
export function headerText(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : header;
}
