import { expect, test } from 'vitest';
import { type ObjectGrant, objectKey, SignedUrls } from '../src/index.ts';

const key = objectKey('attachments/one');
const urls = new SignedUrls('one secret');
const upload: ObjectGrant = { method: 'PUT', key, sizeBytes: 1_000 };
const download: ObjectGrant = { method: 'GET', key, fileName: 'a&b=c "ü".png' };
const now = Date.parse('2026-01-01T00:00:00.500Z');

function signed(grant: ObjectGrant, by = urls) {
  const { path, expiresAt } = by.sign(grant, now);
  const { pathname, searchParams } = new URL(path, 'https://example.com');
  const signature = searchParams.get('signature') ?? '';
  return { pathname, searchParams, expiresAt, expires: Number(searchParams.get('expires')), signature };
}

test('a URL says what it allows, and for how long', () => {
  const put = signed(upload);
  expect(put.pathname).toBe('/api/v1/objects/attachments/one');
  expect(put.searchParams.get('size')).toBe('1000');
  expect(put.expiresAt).toEqual(new Date('2026-01-01T00:15:00Z'));
  expect(signed(download).searchParams.get('name')).toBe('a&b=c "ü".png');
  expect(signed(download).expiresAt).toEqual(new Date('2026-01-01T00:05:00Z'));
});

test.each([upload, download])('$method is let pass until it expires', (grant) => {
  const { expires, signature, expiresAt } = signed(grant);
  urls.verify(grant, expires, signature, now);
  urls.verify(grant, expires, signature, expiresAt.getTime() - 1);
  expect(() => urls.verify(grant, expires, signature, expiresAt.getTime())).toThrow(
    expect.objectContaining({ code: 'SIGNED_URL_EXPIRED', status: 403 }),
  );
});

test('nothing else is, expired or not', () => {
  const { expires, signature } = signed(upload);
  const refused: [ObjectGrant, number, string][] = [
    [{ ...upload, sizeBytes: 1_001 }, expires, signature],
    [{ ...upload, key: objectKey('attachments/two') }, expires, signature],
    [{ method: 'GET', key, fileName: '1000' }, expires, signature],
    [upload, expires + 1, signature],
    [upload, expires, ''],
    [upload, expires, `${signature}0`],
    [upload, expires, signature.toUpperCase()],
    [upload, expires, signature.slice(0, -2)],
    [upload, expires, 'zz'.repeat(32)],
    [upload, expires, signed(upload, new SignedUrls('another')).signature],
  ];
  for (const [grant, until, by] of refused) {
    for (const at of [now, now + 86_400_000]) {
      expect(() => urls.verify(grant, until, by, at)).toThrow(
        expect.objectContaining({ code: 'SIGNED_URL_INVALID', status: 403 }),
      );
    }
  }
});
