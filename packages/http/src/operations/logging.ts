import { createHash } from 'node:crypto';
import type { UserId } from '@hivesync/contracts';
import type { FastifyInstance } from 'fastify';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { userOf } from '../auth/authentication.ts';
import type { LogLevel } from '../config/base-config.ts';

export type { Logger } from 'pino';

/** Second line: what should never be logged is cut where it is logged under one of its usual names. */
const secretNames = [
  'authorization',
  'cookie',
  'password',
  'token',
  'access_token',
  'refresh_token',
  'device_token',
  'secret',
  'email',
  'ip',
  'clientIp',
  'remoteAddress',
  'body',
  'headers',
  'parameters',
  'query',
  'detail',
];
const redactedPaths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/**
 * The log of one service: JSON lines with `service`, and no email, address, token, key or body ever. Requests are
 * logged by their route, so that no id or query of a URL is in it; people by a hash of their id.
 */
export function createLogger(
  options: { service: string; level: LogLevel },
  destination?: DestinationStream,
): Logger {
  const settings: LoggerOptions = {
    level: options.level,
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: '[redacted]' },
    serializers: { err: describeError, req: () => undefined, res: () => undefined },
  };
  return destination ? pino(settings, destination) : pino(settings);
}

/** The same for the same person in every service's log. Ids have 74 random bits, so it cannot be reversed by trying. */
export function hashedUser(id: UserId): string {
  return createHash('sha256').update(`hivesync user ${id}`).digest('hex').slice(0, 16);
}

/** One line a request, when it has been answered. */
export function requestLog(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const user = userOf(request);
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'unknown',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ...(user && { user: hashedUser(user.id), tier: user.tier }),
        ...(request.service && { caller: request.service }),
      },
      'request',
    );
  });
  app.addHook('onRequestAbort', async (request) => {
    request.log.info({ method: request.method, route: request.routeOptions.url ?? 'unknown' }, 'client left');
  });
}

/**
 * An error as it may be logged. PostgreSQL's own words repeat values ("invalid input syntax ... "x""), so of its
 * errors only code, constraint, table and column are kept; elsewhere what looks like a secret is masked.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> | string {
  if (!(error instanceof Error)) return mask(String(error));
  const driver = 'driverError' in error && error.driverError instanceof Error ? error.driverError : undefined;
  const source: Record<string, unknown> = { ...error, ...driver };
  const fromDatabase = driver !== undefined || 'severity' in source;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const named = Object.fromEntries(
    ['code', 'constraint', 'table', 'column', 'service', 'failure', 'status', 'syscall', 'port']
      .filter((name) => ['string', 'number'].includes(typeof source[name]))
      .map((name) => [name, source[name]]),
  );
  return {
    type: error.name,
    ...(!fromDatabase && { message: mask(error.message) }),
    ...named,
    stack: frames.map(mask).join('\n'),
    ...(error.cause !== undefined && depth < 3 && { cause: describeError(error.cause, depth + 1) }),
  };
}

function mask(text: string): string {
  return text
    .replace(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '[email]')
    .replace(/:\/\/[^\s/@]+@/g, '://[credentials]@')
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[token]')
    .replace(/\bhs[krd]_[\w.-]+|\bwhsec_[\w+/=]+/g, '[key]')
    .replace(/\b\d{1,3}(\.\d{1,3}){3}\b/g, '[address]')
    .slice(0, 2_000);
}
