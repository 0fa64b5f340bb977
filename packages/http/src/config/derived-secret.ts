import { hkdfSync } from 'node:crypto';
import type { AppConfig } from './base-config.ts';

/**
 * A key of 32 bytes for one purpose, from the app's `CURSOR_SECRET`: the same in every replica, kept over restarts,
 * and of no use for another purpose.
 */
export function derivedSecret(config: AppConfig, purpose: 'page cursors' | 'idempotency keys'): Buffer {
  const secret =
    config.CURSOR_SECRET ?? config.SERVICE_PRIVATE_KEY ?? 'nothing is given out without a secret';
  return Buffer.from(hkdfSync('sha256', secret, '', `hivesync ${purpose}`, 32));
}
