import { ApiError } from '@hivesync/contracts';

/**
 * A place in a service's feed: `<transaction id>.<position>`. To everyone but the service that wrote it,
 * it is opaque: kept, given back, never compared.
 */
export type FeedPosition = string;

export interface ParsedPosition {
  transactionId: string;
  position: string;
}

const shape = /^(0|[1-9]\d{0,19})\.(0|[1-9]\d{0,18})$/;
const maxXid8 = 2n ** 64n - 1n;
const maxBigint = 2n ** 63n - 1n;

/** Throws `MALFORMED_CURSOR` for text that no feed has given out. */
export function parsePosition(text: FeedPosition): ParsedPosition {
  const [, transactionId, position] = shape.exec(text) ?? [];
  if (
    transactionId === undefined ||
    position === undefined ||
    BigInt(transactionId) > maxXid8 ||
    BigInt(position) > maxBigint
  ) {
    throw new ApiError('MALFORMED_CURSOR', { detail: 'The position was not issued by this feed' });
  }
  return { transactionId, position };
}

export function formatPosition({ transactionId, position }: ParsedPosition): FeedPosition {
  return `${transactionId}.${position}`;
}
