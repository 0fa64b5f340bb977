import type { BodyIntakeOptions } from './body-intake.ts';
import type { Config } from './config.ts';
import type { PaceOptions } from './pace.ts';
import type { UpstreamOptions } from './upstream.ts';

/** How much of everything, and how long. */
export interface ForwardingLimits extends Omit<UpstreamOptions, 'url'> {
  /** Bytes of a request body. Services set lower limits for their own routes. */
  bodyLimit: number;
  /** Bytes of a body that its service streams to the storage. */
  uploadLimit: number;
  /** All bodies that are being received, and those whose requests are not answered yet. */
  bodies: BodyIntakeOptions;
  /** What a stream moves at least. */
  pace: PaceOptions;
  /** How much one caller may have under way at once. */
  most: { calls: number; streamsOfAddress: number; streamsOfPerson: number; streamsOfGrant: number };
}

const leastBytesPerSecond = 512;

export function forwardingLimits(config: Config): ForwardingLimits {
  return {
    deadlineMs: config.UPSTREAM_DEADLINE_MS,
    connections: config.UPSTREAM_CONNECTIONS,
    queue: config.UPSTREAM_QUEUE,
    streams: config.STREAM_CONNECTIONS,
    streamDeadlineMs: config.STREAM_DEADLINE_MS,
    bodyLimit: config.BODY_LIMIT_BYTES,
    uploadLimit: config.UPLOAD_LIMIT_BYTES,
    bodies: { bytes: config.BODIES_BYTES, perCaller: config.BODIES_PER_CALLER },
    pace: {
      windowMs: config.STREAM_WINDOW_MS,
      leastBytes: (leastBytesPerSecond * config.STREAM_WINDOW_MS) / 1_000,
    },
    most: {
      calls: config.CALLS_PER_CALLER,
      streamsOfAddress: config.STREAMS_PER_ADDRESS,
      streamsOfPerson: config.STREAMS_PER_PERSON,
      streamsOfGrant: config.STREAMS_PER_GRANT,
    },
  };
}
