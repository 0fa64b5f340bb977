import type { IntegrityFinding } from '@hivesync/http';
import { idsOf } from './integrity-deletions.ts';
import { type IntegrityReport, mostDeletions } from './integrity-run.ts';

type Kind = IntegrityFinding['kind'];

const headings = ['service', 'column', 'wrong', 'rows', 'repaired', 'refers to', 'for example'];

/** What each kind means, and what to do about it, for whoever has not read the manual tonight. */
const meanings: Record<Kind, string> = {
  dangling:
    'the owner has no such id. Only a deletion puts it right: of what refers to it, or of the reference, as each column declares',
  stale: 'what is kept of it differs from the owner. --repair writes what the owner says',
  missing: 'the owner has it, this service has not heard of it. --repair writes it',
  unswept: 'rows still point at what was deleted. Only a deletion puts it right: the same once more',
  unmet:
    'rows point at no row of the reference table. --repair writes that row where the owner has it; else as dangling',
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

/** What only a deletion puts right: how many ids, which of them are refused and why, and where the deleted rows are. */
export function integrityDeletions({ deletions, exported }: IntegrityReport): string[] {
  const lines: string[] = [];
  if (exported) lines.push(`The rows of what was deleted are in ${exported}`);
  const refused = deletions.filter(({ set_back: setBack }) => setBack);
  const left = idsOf(deletions.filter(({ set_back: setBack }) => !setBack)).size;
  const owners = [...new Set(refused.map(({ aggregate }) => aggregate.split('.')[0]))].join(', ');
  if (refused.length > 0) {
    lines.push(
      `REFUSED: ${counted(idsOf(refused).size)} younger than everything that ${owners} has, which was probably restored from an`,
      'older state. Mend that first; they can be deleted when it has something younger.',
    );
  }
  if (deletions.length > mostDeletions) {
    lines.push(
      `NOT DELETED: more than ${mostDeletions.toLocaleString('en')} ids are unknown to their owners. Look there first.`,
    );
  } else if (left > 0) {
    lines.push(
      `NOT DELETED: ${counted(left)} unknown to their owners. One that has the wrong database or an old backup does not`,
      `know them either, so look there first. Only where they are gone for good: --repair --max-deletions ${left}`,
    );
  }
  return lines.length > 0 ? [...lines, ''] : [];
}

/** After rows that were missing are written: how to have what else their events carried applied. */
export function integrityReplays(findings: readonly IntegrityFinding[]): string[] {
  const written = findings.filter(({ kind, repaired }) => kind === 'missing' && repaired > 0);
  const commands = written.map(
    ({ service, aggregate }) =>
      `  npm run events:replay -- --service ${service} --source ${aggregate.split('.')[0]} --yes`,
  );
  if (commands.length === 0) return [];
  return [
    'Rows that were missing are written. What else the events of them carried comes when they are read again:',
    ...new Set(commands),
    '',
  ];
}

const counted = (ids: number): string => (ids === 1 ? '1 id is' : `${ids.toLocaleString('en')} ids are`);

/** The last line: how it ended, and what to do next. */
export function integritySummary({ findings, examined, seconds }: IntegrityReport, repair: boolean): string {
  const sum = (of: 'count' | 'repaired') => findings.reduce((total, finding) => total + finding[of], 0);
  const [found, repaired] = [sum('count'), sum('repaired')];
  const looked = `${examined.toLocaleString('en')} references looked at in ${seconds.toFixed(1)} s`;
  if (found === 0) return `${looked}: nothing is wrong.`;
  const wrong = `${looked}: ${found.toLocaleString('en')} ${found === 1 ? 'row' : 'rows'} wrong`;
  if (!repair)
    return `${wrong}. Nothing was changed. To write what can be written: npm run integrity -- --repair`;
  const left = found - repaired;
  if (left === 0) {
    return `${wrong}, all repaired. Deletions go on in the background: run it again in a minute to see that nothing is left.`;
  }
  return `${wrong}, ${repaired.toLocaleString('en')} repaired, ${left.toLocaleString('en')} left. See "Ids that another service does not know" in docs/operations.md.`;
}
