import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CallService, callingServices } from '@hivesync/clients';
import { type AggregateName, aggregates } from '@hivesync/contracts';
import {
  auditPlatform,
  type IntegrityBody,
  type IntegrityDeletion,
  type IntegrityFinding,
  type IntegrityPage,
  maxGraceSeconds,
  mergeFindings,
  serviceTokens,
  wholePlatform,
} from '@hivesync/http';
import type { Environment } from './apps.ts';
import { urlsOf } from './environment.ts';
import { deleteDeparting, exportDeparting, idsOf } from './integrity-deletions.ts';
import { choosePorts, host } from './ports.ts';
import { loadSecrets } from './secrets.ts';

export interface IntegrityOptions {
  /** Write what is stale or missing. */
  repair: boolean;
  /** How many ids may be deleted, all services together. Default: none. */
  maxDeletions?: number | undefined;
  /** The file that the rows to be deleted are written to first; it must not exist. */
  exportTo?: string | undefined;
  /** Seconds for which something must be wrong to count. */
  grace: number;
  aggregate?: string | undefined;
  /** Told after each slice how many references were looked at. */
  progress?: (examined: number) => void;
}

export interface IntegrityReport {
  findings: IntegrityFinding[];
  /** What only a deletion puts right, and was not deleted; {@link mostDeletions} ids and one more at most. */
  deletions: IntegrityDeletion[];
  /** The file with the rows of what was deleted, where anything was. */
  exported?: string;
  examined: number;
  seconds: number;
}

/** Ids that one run deletes at most. */
export const mostDeletions = 100_000;
const lookingSeconds = 120;

/**
 * Has every service audit its references, slice after slice to the end. It speaks to them as the audit service does.
 *
 * A repair writes what is stale or missing. It deletes only where `maxDeletions` is no less than the number of ids
 * that would have to go in the whole platform, and after their rows were exported.
 * @throws RangeError for options that are none; ApiError where a service cannot be reached; an error of the file
 * system where the export cannot be written, before anything was deleted
 */
export async function runIntegrity(
  callService: CallService,
  options: IntegrityOptions,
): Promise<IntegrityReport> {
  const { repair, grace, maxDeletions = 0, exportTo, aggregate } = options;
  if (!Number.isInteger(grace) || grace < 0 || grace > maxGraceSeconds) {
    throw new RangeError(`--grace must be 0 to ${maxGraceSeconds} seconds`);
  }
  if (!Number.isInteger(maxDeletions) || maxDeletions < 0 || maxDeletions > mostDeletions) {
    throw new RangeError(`--max-deletions must be 0 to ${mostDeletions}`);
  }
  if (maxDeletions > 0 && !(repair && exportTo)) {
    throw new RangeError('--max-deletions needs --repair and a file to export to');
  }
  if (aggregate !== undefined && !isAggregate(aggregate)) {
    throw new RangeError(`--aggregate must be one of ${Object.keys(aggregates).join(', ')}`);
  }
  const begun = performance.now();
  const body = {
    repair,
    grace_seconds: grace,
    seconds: lookingSeconds,
    ...(aggregate !== undefined && { aggregate }),
  };
  const { findings, deletions, examined } = await wholeAudit(callService, body, options);
  const report: Omit<IntegrityReport, 'seconds'> = { findings, deletions, examined };
  const departing = deletions.filter(({ set_back: setBack }) => !setBack);
  const counted = deletions.length <= mostDeletions;
  if (exportTo && counted && departing.length > 0 && idsOf(departing).size <= maxDeletions) {
    await exportDeparting(callService, departing, exportTo);
    const left = new Set(await deleteDeparting(callService, departing));
    countRepaired(
      findings,
      departing.filter((one) => !left.has(one)),
    );
    report.deletions = deletions.filter((one) => one.set_back || left.has(one));
    report.exported = exportTo;
  }
  return { ...report, seconds: (performance.now() - begun) / 1_000 };
}

async function wholeAudit(
  callService: CallService,
  body: Omit<IntegrityBody, 'after'>,
  { progress: tell }: IntegrityOptions,
): Promise<Omit<IntegrityPage, 'progress'>> {
  const whole: Omit<IntegrityPage, 'progress'> = { findings: [], deletions: [], examined: 0 };
  for (let progress = wholePlatform(); Object.keys(progress).length > 0; ) {
    const page = await auditPlatform(callService, progress, body, { requestId: randomUUID() });
    mergeFindings(whole.findings, page.findings);
    // One more than may be deleted says that they are too many.
    whole.deletions.push(...page.deletions.slice(0, mostDeletions + 1 - whole.deletions.length));
    whole.examined += page.examined;
    progress = page.progress;
    tell?.(whole.examined);
  }
  return whole;
}

function countRepaired(findings: readonly IntegrityFinding[], deleted: readonly IntegrityDeletion[]): void {
  for (const { service, aggregate, kind, columns } of deleted) {
    for (const { column, count } of columns) {
      const finding = findings.find(
        (one) =>
          one.service === service &&
          one.aggregate === aggregate &&
          one.kind === kind &&
          one.column === column,
      );
      if (finding) finding.repaired += count;
    }
  }
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
