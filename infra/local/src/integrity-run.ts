import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CallService, callingServices } from '@hivesync/clients';
import { type AggregateName, aggregates } from '@hivesync/contracts';
import {
  auditPlatform,
  type IntegrityBody,
  type IntegrityFinding,
  type IntegrityPage,
  type IntegrityTally,
  idsUnknown,
  maxGraceSeconds,
  mergeFindings,
  mergeTallies,
  serviceTokens,
  tooMany,
  wholePlatform,
} from '@hivesync/http';
import type { Environment } from './apps.ts';
import { urlsOf } from './environment.ts';
import { choosePorts, host } from './ports.ts';
import { loadSecrets } from './secrets.ts';

export interface IntegrityOptions {
  repair: boolean;
  /** Seconds for which something must be wrong to count. */
  grace: number;
  aggregate?: string | undefined;
  /** Takes the place of the limits beyond which nothing is deleted. */
  maxDeletions?: number | undefined;
  /** Told after each slice how many references were looked at. */
  progress?: (examined: number) => void;
}

export interface IntegrityReport {
  findings: IntegrityFinding[];
  /** Where owners do not have so many ids that nothing is deleted. */
  refused: IntegrityTally[];
  /** Ids in all that owners do not have: the least limit under which a repair deletes them. */
  unknown: number;
  examined: number;
  seconds: number;
}

const lookingSeconds = 120;

/**
 * Has every service audit its references, slice after slice to the end. It speaks to them as the audit service does.
 *
 * It looks at the whole platform before it repairs, so that the limit of deletions is one of the run: a repair
 * deletes no more ids in a slice than were seen in all, and none where those are too many.
 * @throws RangeError for options that are none; ApiError where a service cannot be reached
 */
export async function runIntegrity(
  callService: CallService,
  options: IntegrityOptions,
): Promise<IntegrityReport> {
  const { repair, grace, maxDeletions, aggregate } = options;
  if (!Number.isInteger(grace) || grace < 0 || grace > maxGraceSeconds) {
    throw new RangeError(`--grace must be 0 to ${maxGraceSeconds} seconds`);
  }
  if (maxDeletions !== undefined && !isLimit(maxDeletions)) {
    throw new RangeError('--max-deletions must be 0 to 1000000');
  }
  if (aggregate !== undefined && !isAggregate(aggregate)) {
    throw new RangeError(`--aggregate must be one of ${Object.keys(aggregates).join(', ')}`);
  }
  const begun = performance.now();
  const body = {
    grace_seconds: grace,
    seconds: lookingSeconds,
    ...(aggregate !== undefined && { aggregate }),
  };
  const seen = await wholeAudit(callService, { ...body, repair: false }, options);
  const refused = tooMany(seen.tallies, maxDeletions);
  const unknown = idsUnknown(seen.tallies);
  const allowed = refused.length > 0 ? 0 : unknown;
  const done =
    repair && seen.findings.length > 0
      ? await wholeAudit(callService, { ...body, repair, max_deletions: allowed }, options)
      : seen;
  return {
    findings: done.findings,
    refused: repair && refused.length === 0 ? done.tallies.filter((tally) => tally.refused) : refused,
    unknown,
    examined: done.examined,
    seconds: (performance.now() - begun) / 1_000,
  };
}

async function wholeAudit(
  callService: CallService,
  body: Omit<IntegrityBody, 'after'>,
  { progress: tell }: IntegrityOptions,
): Promise<Omit<IntegrityPage, 'progress'>> {
  const whole: Omit<IntegrityPage, 'progress'> = { findings: [], tallies: [], examined: 0 };
  for (let progress = wholePlatform(); Object.keys(progress).length > 0; ) {
    const page = await auditPlatform(callService, progress, body, { requestId: randomUUID() });
    mergeFindings(whole.findings, page.findings);
    mergeTallies(whole.tallies, page.tallies);
    whole.examined += page.examined;
    progress = page.progress;
    tell?.(whole.examined);
  }
  return whole;
}

const isLimit = (limit: number): boolean => Number.isInteger(limit) && limit >= 0 && limit <= 1_000_000;
const isAggregate = (name: string): name is AggregateName => name in aggregates;

/**
 * How to reach the platform: by `SERVICE_URLS` and the audit service's `SERVICE_PRIVATE_KEY` where they are set,
 * else the one that runs on this machine, by its ports and the secrets in its data folder.
 * @throws Error where there are no secrets
 */
export function reachPlatform(env: Environment, dataFolder: string): CallService {
  const { SERVICE_URLS: urls, SERVICE_PRIVATE_KEY: key } = env;
  if (urls && key) {
    const tokens = serviceTokens('audit', { SERVICE_PRIVATE_KEY: key });
    return callingServices({ serviceUrls: JSON.parse(urls), tokens });
  }
  const file = join(dataFolder, 'secrets.json');
  if (!existsSync(file)) {
    throw new Error(
      `There is no ${file}: start the platform first, or set SERVICE_URLS and SERVICE_PRIVATE_KEY.`,
    );
  }
  const ports = choosePorts({
    ...(env.PORT !== undefined && { PORT: env.PORT }),
    ...(env.HIVESYNC_PORT_BASE !== undefined && { HIVESYNC_PORT_BASE: env.HIVESYNC_PORT_BASE }),
  });
  return callingServices({
    serviceUrls: urlsOf(
      () => host,
      (service) => ports[service],
    ),
    tokens: serviceTokens('audit', { SERVICE_PRIVATE_KEY: loadSecrets(file).service_keys.audit }),
  });
}

/** 0: nothing wrong, or all of it repaired; 1: something is. (2 is for whoever could not run it.) */
export const exitCodeOf = ({ findings }: IntegrityReport): 0 | 1 =>
  findings.some(({ count, repaired }) => repaired < count) ? 1 : 0;
