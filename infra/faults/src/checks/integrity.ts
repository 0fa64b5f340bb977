import { type IntegrityReport, reachPlatform, runIntegrity } from '@hivesync/local';
import { type Platform, serviceUrlsOf } from '../platform.ts';
import { type Finding, found } from './finding.ts';

/** Seconds for which something must be wrong to count. Everything has come to rest, so few are enough. */
const graceSeconds = 5;

export interface IntegrityCheck {
  /** References that the services have looked at. */
  examined: number;
  /** Rows that are wrong, of each kind that was found. */
  kinds: Record<string, number>;
  findings: Finding[];
}

/**
 * What the platform says of itself: the audit behind `npm run integrity`, asked of the running services over HTTP.
 * @throws ApiError where a service gives no answer
 */
export async function checkIntegrity(platform: Platform): Promise<IntegrityCheck> {
  const environment = {
    SERVICE_URLS: JSON.stringify(serviceUrlsOf(platform)),
    SERVICE_PRIVATE_KEY: platform.serviceKeys.audit,
  };
  const reached = reachPlatform(environment, '');
  const report = await runIntegrity(reached, { repair: false, grace: graceSeconds });
  return {
    examined: report.examined,
    kinds: kindsOf(report),
    findings: report.findings.flatMap(({ service, column, kind, count, samples }) =>
      found('dangling', `${service}.${column}, says the integrity audit: ${kind}`, samples).map(
        (finding) => ({
          ...finding,
          count,
        }),
      ),
    ),
  };
}

function kindsOf({ findings }: IntegrityReport): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { kind, count } of findings) kinds[kind] = (kinds[kind] ?? 0) + count;
  return kinds;
}
