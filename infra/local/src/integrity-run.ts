import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CallService, callingServices } from '@hivesync/clients';
import { type AggregateName, aggregates } from '@hivesync/contracts';
import {
  auditPlatform,
  type IntegrityFinding,
  type IntegrityProgress,
  maxGraceSeconds,
  mergeFindings,
  serviceTokens,
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
  /** Where more ids dangle at once, none is repaired. */
  maxDeletions: number;
  /** Told after each slice how many references were looked at. */
  progress?: (examined: number) => void;
}

export interface IntegrityReport {
  findings: IntegrityFinding[];
  examined: number;
  seconds: number;
}

const lookingSeconds = 120;

/**
 * Has every service audit its references, slice after slice to the end. It speaks to them as the audit service does.
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
  if (!Number.isInteger(maxDeletions) || maxDeletions < 0 || maxDeletions > 1_000_000) {
    throw new RangeError('--max-deletions must be 0 to 1000000');
  }
  if (aggregate !== undefined && !isAggregate(aggregate)) {
    throw new RangeError(`--aggregate must be one of ${Object.keys(aggregates).join(', ')}`);
  }
  const begun = performance.now();
  const findings: IntegrityFinding[] = [];
  let examined = 0;
  let progress: IntegrityProgress = wholePlatform();
  while (Object.keys(progress).length > 0) {
    const body = {
      repair,
      grace_seconds: grace,
      seconds: lookingSeconds,
      max_deletions: maxDeletions,
      ...(aggregate !== undefined && { aggregate }),
    };
    const page = await auditPlatform(callService, progress, body, { requestId: randomUUID() });
    mergeFindings(findings, page.findings);
    examined += page.examined;
    progress = page.progress;
    options.progress?.(examined);
  }
  return { findings, examined, seconds: (performance.now() - begun) / 1_000 };
}

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
