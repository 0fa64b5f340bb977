import type { Finding } from './checks/finding.ts';
import type { Report } from './suite.ts';

const sum = (findings: readonly Finding[], kind: Finding['kind']): number =>
  findings.filter((finding) => finding.kind === kind).reduce((total, { count }) => total + count, 0);

/** What came of it, in figures. */
export function summaryOf({ injected, tally, findings, troubles }: Report, milliseconds: number) {
  return {
    kills: injected.kill + injected['kill-postgres'],
    injected,
    requests: tally.requests,
    acknowledged: tally.acknowledged,
    refused: tally.refused,
    unanswered: tally.unanswered,
    lost: sum(findings, 'lost'),
    doubled: sum(findings, 'doubled'),
    dangling: sum(findings, 'dangling'),
    findings,
    troubles,
    seconds: Math.round(milliseconds / 1_000),
  };
}

/** The same for people: what went wrong first, and the figures last. */
export function textOf(summary: ReturnType<typeof summaryOf>): string {
  const { kills, injected, requests, acknowledged, refused, unanswered } = summary;
  const faults = Object.entries(injected).map(([kind, times]) => `${kind} ${times}`);
  return [
    '',
    ...summary.findings.flatMap(({ kind, what, count, examples }) => [
      `${kind}: ${what} (${count})`,
      ...examples.map((example) => `  ${example}`),
    ]),
    ...summary.troubles,
    `${summary.seconds} s; injected: ${faults.join(', ')}`,
    `requests ${requests}: acknowledged writes ${acknowledged}, refused ${refused}, without an answer ${unanswered}`,
    `kills ${kills}, lost ${summary.lost}, doubled ${summary.doubled}, dangling ${summary.dangling}`,
  ].join('\n');
}
