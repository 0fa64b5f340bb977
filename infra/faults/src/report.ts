import { serviceNames } from '@hivesync/contracts';
import type { Finding } from './checks/finding.ts';
import type { Report } from './suite.ts';

const sum = (findings: readonly Finding[], kind: Finding['kind']): number =>
  findings.filter((finding) => finding.kind === kind).reduce((total, { count }) => total + count, 0);

/** What came of it, in figures. */
export function summaryOf({ findings, ...report }: Report, milliseconds: number) {
  const { injected, tally } = report;
  return {
    rounds: report.rounds,
    seed: report.seed,
    kills: injected.kill + injected['kill-consumer'] + injected['kill-postgres'],
    injected,
    not_injected: report.left,
    consumers_hit: report.consumersHit,
    requests: tally.requests,
    acknowledged: tally.acknowledged,
    refused: tally.refused,
    refused_full: tally.full,
    unanswered: tally.unanswered,
    joins: report.joins,
    counts: report.counts,
    integrity: report.integrity,
    lost: sum(findings, 'lost'),
    doubled: sum(findings, 'doubled'),
    dangling: sum(findings, 'dangling'),
    findings,
    ready_again: report.readyAgain,
    troubles: report.troubles,
    seconds: Math.round(milliseconds / 1_000),
  };
}

type Summary = ReturnType<typeof summaryOf>;

/** The same for people: what went wrong first, and the figures last. */
export function textOf(summary: Summary): string {
  const { rounds, seed, kills, injected, acknowledged, lost, doubled, dangling, counts } = summary;
  const faults = Object.entries(injected).map(([kind, times]) => `${kind} ${times}`);
  return [
    '',
    ...summary.findings.flatMap(({ kind, what, count, examples }) => [
      `${kind}: ${what} (${count})`,
      ...examples.map((example) => `  ${example}`),
    ]),
    ...summary.troubles,
    `${summary.seconds} s; injected: ${faults.join(', ')}`,
    ...summary.not_injected.map((kind) => `not injected: ${kind}: mounting is not permitted here`),
    `consumers killed between effect and commit: ${summary.consumers_hit} of ${injected['kill-consumer']}`,
    `requests ${summary.requests}: refused ${summary.refused} (${summary.refused_full} for a full disk), without an answer ${summary.unanswered}; people who joined projects ${summary.joins}`,
    `events ${counts.events} and ${counts.erased} erased with their account: audit rows ${counts.auditRows}`,
    `notifications expected ${counts.notificationsExpected}: stored ${counts.notificationsStored}`,
    integrityLine(summary.integrity),
    `services ready again: ${summary.ready_again.length} of ${serviceNames.length}`,
    `rounds ${rounds}, seed ${seed}: kills ${kills}, acknowledged writes ${acknowledged}, lost ${lost}, doubled ${doubled}, dangling ${dangling}`,
  ].join('\n');
}

function integrityLine(integrity: Summary['integrity']): string {
  if (!integrity) return 'integrity: no answer';
  const kinds = Object.entries(integrity.kinds).map(([kind, rows]) => `${kind} ${rows}`);
  return `integrity: ${integrity.examined} references examined, ${kinds.join(', ') || 'nothing wrong'}`;
}
