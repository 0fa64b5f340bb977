import type { IntegrityFinding } from '@hivesync/http';

const headings = ['column', 'wrong', 'rows', 'repaired', 'refers to', 'samples'];

/** What was found, as a table for a terminal. */
export function integrityTable(findings: readonly IntegrityFinding[]): string[] {
  const rows = findings
    .toSorted((a, b) => (`${a.service}.${a.column}` < `${b.service}.${b.column}` ? -1 : 1))
    .map(({ service, column, kind, count, repaired, aggregate, samples }) => [
      `${service}.${column}`,
      kind,
      String(count),
      String(repaired),
      aggregate,
      samples.join(' '),
    ]);
  const widths = headings.map((heading, at) =>
    Math.max(heading.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  return [headings, ...rows].map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
