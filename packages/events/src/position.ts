import { ApiError } from '@hivesync/contracts';

/**
 * A place in a service's feed: `<transaction id>.<position>@<tag of the epoch>`, without the tag where it was given by a
 * release that knew no epochs. To everyone but the service that wrote it, it is opaque: kept, given back, never compared.
 */
export type FeedPosition = string;

export interface ParsedPosition {
  transactionId: string;
  position: string;
  /** Tag of the epoch; null of an earlier release. */
  epoch: string | null;
}

const shape = /^(0|[1-9]\d{0,19})\.(0|[1-9]\d{0,18})(?:@([0-9a-f]{16}))?$/;
const maxXid8 = 2n ** 64n - 1n;
const maxBigint = 2n ** 63n - 1n;

/** Throws `MALFORMED_CURSOR` for text that no feed has given out. */
export function parsePosition(text: FeedPosition): ParsedPosition {
  const [, transactionId, position, epoch = null] = shape.exec(text) ?? [];
  if (
    transactionId === undefined ||
    position === undefined ||
    BigInt(transactionId) > maxXid8 ||
    BigInt(position) > maxBigint
  ) {
    throw new ApiError('MALFORMED_CURSOR', { detail: 'The position was not issued by this feed' });
  }
  return { transactionId, position, epoch };
}

export function formatPosition({ transactionId, position, epoch }: ParsedPosition): FeedPosition {
  return withEpoch(`${transactionId}.${position}`, epoch);
}

/**
 * Position and epoch apart, as they travel and are stored: a release that knows no epochs finds what it knows, and leaves
 * the rest alone.
 */
export function splitPosition(text: FeedPosition): { place: string; epoch: string | null } {
  const at = text.indexOf('@');
  return at < 0 ? { place: text, epoch: null } : { place: text.slice(0, at), epoch: text.slice(at + 1) };
}

export const withEpoch = (place: string, epoch: string | null | undefined): FeedPosition =>
  epoch ? `${place}@${epoch}` : place;
