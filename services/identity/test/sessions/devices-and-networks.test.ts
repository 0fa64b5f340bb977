import { describe, expect, test } from 'vitest';
import { describeDevice } from '../../src/sessions/devices.ts';
import { subscriberNetwork } from '../../src/sessions/networks.ts';

describe('an address', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s is throttled as %s', (address, network) => {
    expect(subscriberNetwork(address)).toBe(network);
  });
});

describe('a device', () => {
  const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)';
  test.each([
    ['as the body says', { name: 'My phone', platform: 'ios' }, 'Header', iphone, 'My phone', 'ios'],
    ['as the header says', undefined, 'Desk', 'HiveSync (Windows NT 10.0)', 'Desk', 'windows'],
    ['as the user agent says', undefined, undefined, iphone, iphone, 'ios'],
    ['as nobody says', undefined, undefined, undefined, 'Unknown device', 'unknown'],
  ])('is named %s', (_, body, header, agent, name, platform) => {
    expect(describeDevice(body, header, agent)).toEqual({ name, platform });
  });

  test('keeps what the body says whole, whose limit counts code points', () => {
    const name = `a${'🐝'.repeat(150)}`;
    expect(describeDevice({ name }, undefined, iphone).name).toBe(name);
  });

  /** A header as Node hands it over: one character for each byte. */
  const header = (text: string) => Buffer.from(text).toString('latin1');

  test('is named in UTF-8 by a header, and in Latin-1 where its bytes are no UTF-8', () => {
    expect(describeDevice(undefined, header('Jürgens Büro 🐝'), undefined).name).toBe('Jürgens Büro 🐝');
    expect(describeDevice(undefined, 'J\u00fcrgen', undefined).name).toBe('J\u00fcrgen');
  });

  test('is cut between two characters by a header that is too long', () => {
    expect(describeDevice(undefined, header('🐝'.repeat(300)), undefined).name).toBe('🐝'.repeat(200));
  });

  test('has no control characters and at most 200 characters in its name', () => {
    expect(describeDevice(undefined, `a\u0000b${'c'.repeat(300)}`, undefined).name).toBe(
      `ab${'c'.repeat(198)}`,
    );
  });
});
