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
  // Headers are Latin-1, so this cannot cut a character in two; a name in the body has its limit by schema.
  const name = given?.name ?? (printable(headerName) || agent || 'Unknown device').slice(0, 200);
  return { name, platform: given?.platform ?? guessed };
}

const printable = (header: string | undefined): string => (header ?? '').replace(/\p{Cc}/gu, '').trim();
