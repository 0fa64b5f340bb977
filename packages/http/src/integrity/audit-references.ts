/**
 * The integrity audit: every reference of one service, against what the owners say.
 *
 * Two ways of looking. Each reference table is walked side by side with its owner's own list, both in the order of
 * their ids, a page at a time; what is on one side only, or differs, is suspect. Each column that refers to a
 * reference table is walked along its index, for ids that the table has not.
 *
 * Nothing is wrong because it was seen wrong once: events are on their way all the time, and the two pages are of
 * different moments. So suspects are looked at again, by their ids, until they are in order or the grace is over. What
 * counts then has been wrong all that time and has not moved. No clock is compared with another one.
 *
 * Memory is bounded by two pages and by the suspects, of which a slice takes only so many.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type AggregateName, ApiError } from '@hivesync/contracts';
import {
  type DataSource,
  referenceDeclarations,
  referenceTables,
  type ServiceDatabase,
} from '@hivesync/database';
import type { ReferenceOwners } from '../references/reference-owners.ts';
import { maxResolvedIds } from '../references/resolve-schemas.ts';
import { columnStep } from './column-step.ts';
import { deletionsOf } from './deletions.ts';
import { describeFindings } from './findings.ts';
import { writeSuspects } from './repair.ts';
import type { IntegritySlice } from './schemas.ts';
import type { Step, Suspect } from './step.ts';
import { tableStep } from './table-step.ts';

export interface AuditOptions {
  dataSource: DataSource;
  database: ServiceDatabase;
  owners: ReferenceOwners;
  requestId: string;
  /** For how long something must be wrong to count. */
  graceSeconds: number;
  /** Write what is stale or missing. */
  repair: boolean;
  /** Only references to this. */
  aggregate?: AggregateName | undefined;
  /** Where the slice before ended. */
  after?: string | undefined;
  /** How long to look at rows before the slice ends; the grace comes on top. Default: to the end. */
  seconds?: number;
  /** Rows in a page, 1 to 1,000 (default). */
  batch?: number;
  signal?: AbortSignal;
}

const maxSuspects = 10_000;
const firstPauseMs = 100;
const longestPauseMs = 10_000;

/**
 * Audits the references of a service, or a slice of them, and writes what is stale or missing where it is told to. It
 * deletes nothing: ids whose rows would have to go are named in `deletions`, see `beginDeletions`.
 * @throws ApiError UPSTREAM_UNAVAILABLE where an owner cannot be asked; VALIDATION_FAILED where `after` is none of
 * its cursors; SHUTTING_DOWN where the signal ends it.
 */
export async function auditReferences(options: AuditOptions): Promise<IntegritySlice> {
  const { seconds = Number.POSITIVE_INFINITY } = options;
  const steps = stepsOf(options);
  const until = performance.now() + seconds * 1_000;
  const suspects: Suspect[] = [];
  let examined = 0;
  let at = beginning(steps, options.after);
  // One page at least, so that slices come to an end however short they are.
  for (let go = true; at && go; go = suspects.length < maxSuspects && performance.now() < until) {
    stopWhenClosing(options.signal);
    const step = steps[at.step]!;
    const looked = await step.look(at.after);
    examined += looked.examined;
    suspects.push(...looked.suspects);
    at = looked.next === null ? following(steps, at.step) : { step: at.step, after: looked.next };
  }
  const wrong = await stillWrong(suspects, options);
  const rows = await describeFindings(options, wrong);
  const repaired = options.repair ? await writeSuspects(options.dataSource, wrong) : new Set<Suspect>();
  return {
    findings: rows.map(({ rowsOf, ...finding }) => ({
      ...finding,
      repaired: sum([...rowsOf].map(([suspect, count]) => (repaired.has(suspect) ? count : 0))),
    })),
    deletions: await deletionsOf(options, rows),
    examined,
    next: at && cursorOf(steps, at),
  };
}

function stepsOf({
  database,
  dataSource,
  owners,
  requestId,
  aggregate,
  batch = 1_000,
}: AuditOptions): Step[] {
  const parts = { source: dataSource.manager, owners, requestId, batch: Math.min(batch, maxResolvedIds) };
  const wanted = (one: { aggregate: AggregateName }) =>
    aggregate === undefined || one.aggregate === aggregate;
  const declarations = referenceDeclarations(database).filter(wanted);
  return [
    ...referenceTables(database)
      .filter(wanted)
      .map((table) =>
        tableStep(
          parts,
          table,
          declarations.filter((one) => one.aggregate === table.aggregate),
        ),
      ),
    ...declarations.map((declaration) => columnStep(parts, declaration)),
  ];
}

/** Looks again at growing intervals until nothing is suspect any more, or the grace is over. */
async function stillWrong(suspects: Suspect[], { graceSeconds, signal }: AuditOptions): Promise<Suspect[]> {
  const until = performance.now() + graceSeconds * 1_000;
  let left = suspects;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const steps = new Set(left.map(({ step }) => step));
    const checked: Suspect[] = [];
    for (const step of steps) {
      const own = left.filter((suspect) => suspect.step === step);
      for (let from = 0; from < own.length; from += maxResolvedIds) {
        checked.push(...(await step.recheck(own.slice(from, from + maxResolvedIds))));
      }
    }
    left = checked;
    const remaining = until - performance.now();
    if (left.length === 0 || remaining <= 0) return left;
    await sleep(Math.min(pause, remaining), undefined, { ref: false });
    stopWhenClosing(signal);
  }
}

interface Place {
  step: number;
  after: string | null;
}

function beginning(steps: readonly Step[], cursor: string | undefined): Place | null {
  if (cursor === undefined) return following(steps, -1);
  const [name, after = null] = cursor.split('@');
  const step = steps.findIndex((one) => one.name === name);
  if (step < 0) {
    throw new ApiError('VALIDATION_FAILED', {
      errors: [{ path: 'body/after', message: 'is not of this audit' }],
    });
  }
  return { step, after };
}

const following = (steps: readonly Step[], step: number): Place | null =>
  step + 1 < steps.length ? { step: step + 1, after: null } : null;

const cursorOf = (steps: readonly Step[], { step, after }: Place): string =>
  after === null ? steps[step]!.name : `${steps[step]!.name}@${after}`;

function stopWhenClosing(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ApiError('SHUTTING_DOWN', { headers: { 'retry-after': '2' } });
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
