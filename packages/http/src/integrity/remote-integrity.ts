import { type CallService, fitting, type ServiceCall } from '@hivesync/clients';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { Compile } from 'typebox/compile';
import {
  type IntegrityBody,
  type IntegrityFinding,
  IntegritySlice,
  type IntegrityTally,
  mergeFindings,
} from './schemas.ts';

/** Where each service's audit goes on; one that is through is not in it. */
export type IntegrityProgress = Partial<Record<ServiceName, string | null>>;

export interface IntegrityPage {
  findings: IntegrityFinding[];
  tallies: IntegrityTally[];
  examined: number;
  progress: IntegrityProgress;
}

const reply = Compile(IntegritySlice);
/** Milliseconds for all that is neither looking at rows nor waiting for the grace: rechecks and repair. */
const patienceMs = 90_000;

/** Every service, from the beginning. */
export const wholePlatform = (): IntegrityProgress =>
  Object.fromEntries(serviceNames.map((service) => [service, null]));

/**
 * Has the next slice of each service in `progress` audited, all at once.
 * @throws ApiError UPSTREAM_UNAVAILABLE with the name of the service that gives no answer.
 */
export async function auditPlatform(
  callService: CallService,
  progress: IntegrityProgress,
  body: Omit<IntegrityBody, 'after'>,
  context: Pick<ServiceCall, 'requestId' | 'signal'>,
): Promise<IntegrityPage> {
  async function slice(service: ServiceName, after: string | null): Promise<IntegritySlice> {
    const answer = await callService(service, '/internal/integrity', {
      ...context,
      body: { ...body, ...(after !== null && { after }) },
      deadlineMs: (body.seconds + body.grace_seconds) * 1_000 + patienceMs,
      takesMinutes: true,
    });
    return fitting(service, reply, answer.json());
  }

  const page: IntegrityPage = { findings: [], tallies: [], examined: 0, progress: {} };
  const due = serviceNames.filter((service) => progress[service] !== undefined);
  const slices = await Promise.all(due.map((service) => slice(service, progress[service] ?? null)));
  for (const [at, { findings, tallies, examined, next }] of slices.entries()) {
    mergeFindings(page.findings, findings);
    page.tallies.push(...tallies);
    page.examined += examined;
    if (next !== null) page.progress[due[at]!] = next;
  }
  return page;
}
