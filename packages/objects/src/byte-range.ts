/** Bytes of an object, both ends included. */
export interface ByteRange {
  first: number;
  last: number;
}

/**
 * What a `Range` header asks for, of an object of `sizeBytes`: one range, or `unsatisfiable` where it begins behind the
 * end. Null where the whole object is the answer: without a header, for one that is malformed, of another unit, or of
 * several ranges (RFC 9110 section 14.2 lets a server pass over each).
 */
export function byteRange(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | null {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? '') ?? [];
  if (from === '' && to === '') return null;
  const end = sizeBytes - 1;
  if (from === '') {
    const length = Number(to);
    return length === 0 || sizeBytes === 0
      ? 'unsatisfiable'
      : { first: Math.max(0, sizeBytes - length), last: end };
  }
  const first = Number(from);
  const last = to === '' ? end : Math.min(Number(to), end);
  if (to !== '' && Number(to) < first) return null;
  return first > end ? 'unsatisfiable' : { first, last };
}
