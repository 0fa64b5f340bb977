import type { Logger } from '@hivesync/events';

/** For tests that watch what is done, not what is said of it. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
