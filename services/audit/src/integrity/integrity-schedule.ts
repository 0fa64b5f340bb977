import { integrityAudited } from '@hivesync/contracts';
import { newId, transaction } from '@hivesync/database';
import { publish } from '@hivesync/events';
import { type App, auditPlatform, type IntegrityProgress, wholePlatform } from '@hivesync/http';
import { claimAudit, completeAudit, lastAudit, renewClaim } from './integrity-schedule.repository.ts';

/** Seconds: a slice looks for so long, and counts what has been wrong for the grace. */
const slice = { seconds: 20, grace_seconds: 60 };

/**
 * Audits the platform where that is due, as one replica of all and slice by slice, and leaves what an
 * administrator's audit leaves: `audit.integrity.audited`, without an actor. It repairs nothing. One that fails, or
 * whose process dies, is begun again some minutes later.
 * @returns whether it did
 * @throws ApiError UPSTREAM_UNAVAILABLE where a service cannot be audited
 */
export async function auditWhenDue(
  { dataSource, callService }: Pick<App, 'dataSource' | 'callService'>,
  { hours, signal }: { hours: number; signal: AbortSignal },
): Promise<boolean> {
  if (!(await claimAudit(dataSource, hours))) return false;
  const run = newId();
  const body = { repair: false, ...slice };
  let [examined, found] = [0, 0];
  for (let progress: IntegrityProgress = wholePlatform(); Object.keys(progress).length > 0; ) {
    await renewClaim(dataSource);
    const page = await auditPlatform(callService, progress, body, { requestId: run, signal });
    examined += page.examined;
    found += page.findings.reduce((sum, { count }) => sum + count, 0);
    progress = page.progress;
  }
  await transaction(dataSource, async (tx) => {
    await completeAudit(tx, found);
    await publish(tx, integrityAudited, {
      subject: run,
      version: 0,
      data: { repair: false, examined, found, repaired: 0 },
      origin: { requestId: run },
    });
  });
  return true;
}

/** What the last audit by itself found, and how old it is. */
export function measureAudits(
  { dataSource, readings }: Pick<App, 'dataSource' | 'readings'>,
  hours: number,
): void {
  readings.add('integrity_schedule', () => lastAudit(dataSource), {
    integrity_findings: {
      help: 'Rows that the last audit of references found to be wrong; absent until one was through',
      tell: ({ found }) => found ?? [],
    },
    integrity_audit_age_seconds: {
      help: 'Since an audit of references was last through',
      tell: ({ ageSeconds }) => ageSeconds,
    },
    integrity_audit_interval_seconds: {
      help: 'From one audit of references to the next',
      tell: () => hours * 3_600,
    },
  });
}
