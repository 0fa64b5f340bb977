import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { type CallService, fitting, type ServiceCall } from '@hivesync/clients';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import type { HeldRow } from '@hivesync/database';
import { Compile } from 'typebox/compile';
import {
  DeletionsBegun,
  type DepartingIds,
  type IntegrityBody,
  type IntegrityDeletion,
  type IntegrityFinding,
  IntegritySlice,
  mergeFindings,
} from './schemas.ts';

/** Where each service's audit goes on; one that is through is not in it. */
export type IntegrityProgress = Partial<Record<ServiceName, string | null>>;

export interface IntegrityPage {
  findings: IntegrityFinding[];
  deletions: IntegrityDeletion[];
  examined: number;
  progress: IntegrityProgress;
}

const reply = Compile(IntegritySlice);
const begunReply = Compile(DeletionsBegun);
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

  const page: IntegrityPage = { findings: [], deletions: [], examined: 0, progress: {} };
  const due = serviceNames.filter((service) => progress[service] !== undefined);
  const slices = await Promise.all(due.map((service) => slice(service, progress[service] ?? null)));
  for (const [at, { findings, deletions, examined, next }] of slices.entries()) {
    mergeFindings(page.findings, findings);
    page.deletions.push(...deletions);
    page.examined += examined;
    if (next !== null) page.progress[due[at]!] = next;
  }
  return page;
}

/** Milliseconds: each id is a transaction of its own, which may wait for a lock. */
const departingMs = 300_000;

/**
 * Every row that the deletion of the ids (50 at most) removes or changes in a service.
 * @throws ApiError UPSTREAM_UNAVAILABLE where it gives no answer
 */
export async function* departingRows(
  callService: CallService,
  service: ServiceName,
  body: DepartingIds,
  context: Pick<ServiceCall, 'requestId' | 'signal'>,
): AsyncGenerator<HeldRow> {
  const answer = await callService(service, '/internal/integrity/departing', {
    ...context,
    body,
    deadlineMs: departingMs,
    takesMinutes: true,
    repeatable: true,
    streamed: true,
  });
  if (!answer.body) return;
  for await (const line of createInterface({ input: Readable.fromWeb(answer.body) })) {
    yield JSON.parse(line) as HeldRow;
  }
}

/**
 * Has a service delete what refers to the ids (50 at most), by its declared policies and in the background.
 * @returns the ids whose deletion has begun
 * @throws ApiError UPSTREAM_UNAVAILABLE where it gives no answer
 */
export async function deleteIn(
  callService: CallService,
  service: ServiceName,
  body: DepartingIds,
  context: Pick<ServiceCall, 'requestId' | 'signal'>,
): Promise<string[]> {
  const answer = await callService(service, '/internal/integrity/deletions', {
    ...context,
    body,
    deadlineMs: departingMs,
    takesMinutes: true,
    repeatable: true,
  });
  return (await fitting(service, begunReply, answer.json())).ids;
}
