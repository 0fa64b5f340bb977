import { ApiError, type ServiceName, serviceNames } from '@hivesync/contracts';
import { Compile } from 'typebox/compile';
import type { ServiceTokens } from '../auth/service-tokens.ts';
import { type IntegrityBody, type IntegrityFinding, IntegritySlice, mergeFindings } from './schemas.ts';

export interface RemoteIntegrityOptions {
  serviceUrls: Readonly<Record<string, string>>;
  tokens: ServiceTokens;
  /** Ends the waiting for answers. */
  signal?: AbortSignal;
}

/** Where each service's audit goes on; one that is through is not in it. */
export type IntegrityProgress = Partial<Record<ServiceName, string | null>>;

export interface IntegrityPage {
  findings: IntegrityFinding[];
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
  { serviceUrls, tokens, signal }: RemoteIntegrityOptions,
  progress: IntegrityProgress,
  body: Omit<IntegrityBody, 'after'>,
  requestId: string,
): Promise<IntegrityPage> {
  async function slice(service: ServiceName, after: string | null): Promise<IntegritySlice> {
    const base = serviceUrls[service];
    try {
      if (base === undefined) throw new Error(`SERVICE_URLS does not name ${service}`);
      const answer = await fetch(new URL('/internal/integrity', base), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await tokens(service)}`,
          'content-type': 'application/json',
          'x-request-id': requestId,
        },
        body: JSON.stringify({ ...body, ...(after !== null && { after }) }),
        redirect: 'error',
        signal: AbortSignal.any([
          AbortSignal.timeout((body.seconds + body.grace_seconds) * 1_000 + patienceMs),
          ...(signal ? [signal] : []),
        ]),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${service} answered ${answer.status}`);
      return reply.Parse(JSON.parse(text)) as IntegritySlice;
    } catch (cause) {
      throw new ApiError('UPSTREAM_UNAVAILABLE', {
        detail: `The ${service} service cannot be audited.`,
        headers: { 'retry-after': '2' },
        cause,
      });
    }
  }

  const page: IntegrityPage = { findings: [], examined: 0, progress: {} };
  const due = serviceNames.filter((service) => progress[service] !== undefined);
  const slices = await Promise.all(due.map((service) => slice(service, progress[service] ?? null)));
  for (const [at, { findings, examined, next }] of slices.entries()) {
    mergeFindings(page.findings, findings);
    page.examined += examined;
    if (next !== null) page.progress[due[at]!] = next;
  }
  return page;
}
