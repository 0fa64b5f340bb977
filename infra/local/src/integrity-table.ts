import type { IntegrityFinding, IntegrityTally } from '@hivesync/http';

type Kind = IntegrityFinding['kind'];

const headings = ['service', 'column', 'wrong', 'rows', 'repaired', 'refers to', 'for example'];

/** What each kind means, and what to do about it, for whoever has not read the manual tonight. */
const meanings: Record<Kind, string> = {
  dangling:
    'the owner has no such id. --repair deletes what refers to it, or clears it, as each column declares',
  stale: 'what is kept of it differs from the owner. --repair writes what the owner says',
  missing: 'the owner has it, this service has not heard of it. --repair writes it',
  unswept: 'rows still point at what was deleted. --repair carries the deletion out again',
  unmet:
    'rows point at no row of the reference table. --repair writes that row, or deletes as for a dangling one',
  buried:
    'deleted here, but the owner has it. --repair cannot help: was the owner restored? Restore here as well, or replay',
};

/** What was found, as a table for a terminal, and below it what each kind in it means. */
export function integrityTable(findings: readonly IntegrityFinding[]): string[] {
  const rows = findings
    .toSorted((a, b) => (`${a.service}.${a.column}` < `${b.service}.${b.column}` ? -1 : 1))
    .map(({ service, column, kind, count, repaired, aggregate, samples }) => [
      service,
      column,
      kind,
      count.toLocaleString('en'),
      repaired.toLocaleString('en'),
      aggregate,
      samplesOf(samples),
    ]);
  const widths = headings.map((heading, at) =>
    Math.max(heading.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  const kinds = [...new Set(findings.map(({ kind }) => kind))].toSorted();
  return [
    ...[headings, ...rows].map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    '',
    ...kinds.map((kind) => `${kind.padEnd(8)}  ${meanings[kind]}`),
    '',
  ];
}

/** One id, to be looked for in psql; `--json` shows up to five. */
function samplesOf([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first}, ...`;
}

/** Why nothing is deleted: which ids, how many of how many, what that probably means and what to do about it. */
export function integrityRefusal({
  refused,
  unknown: inAll,
}: {
  refused: readonly IntegrityTally[];
  unknown: number;
}): string[] {
  if (refused.length === 0) return [];
  const owners = [...new Set(refused.map(({ aggregate }) => aggregate.split('.')[0]))].join(', ');
  return [
    'REFUSED: --repair deletes nothing of these, since too many ids are unknown to their owner:',
    ...refused.map(
      ({ service, column, aggregate, unknown, of }) =>
        `  ${aggregate}: ${unknown.toLocaleString('en')} of the ${of.toLocaleString('en')} in ${service}.${column}`,
    ),
    `More likely than so many deletions that went unheard: ${owners} was restored from an older state, or has the wrong database.`,
    `Look there first, and mend it. Only where those ids are gone for good: --repair --max-deletions ${inAll} or more.`,
    '',
  ];
}

/** The last line: how it ended, and what to do next. */
export function integritySummary(
  {
    findings,
    refused,
    examined,
    seconds,
  }: {
    findings: readonly IntegrityFinding[];
    refused: readonly IntegrityTally[];
    examined: number;
    seconds: number;
  },
  repair: boolean,
): string {
  const sum = (of: 'count' | 'repaired') => findings.reduce((total, finding) => total + finding[of], 0);
  const [found, repaired] = [sum('count'), sum('repaired')];
  const looked = `${examined.toLocaleString('en')} references looked at in ${seconds.toFixed(1)} s`;
  if (found === 0) return `${looked}: nothing is wrong.`;
  const wrong = `${looked}: ${found.toLocaleString('en')} ${found === 1 ? 'row' : 'rows'} wrong`;
  if (!repair) {
    const next =
      refused.length > 0 ? 'Read what is refused.' : 'Read what dangles, then: npm run integrity -- --repair';
    return `${wrong}. Nothing was changed. ${next}`;
  }
  const left = found - repaired;
  if (left === 0) {
    return `${wrong}, all repaired. Deletions go on in the background: run it again in a minute to see that nothing is left.`;
  }
  return `${wrong}, ${repaired.toLocaleString('en')} repaired, ${left.toLocaleString('en')} left. See "Ids that another service does not know" in docs/operations.md.`;
}
