/**
 * `npm run integrity [-- --repair --max-deletions <ids> --json --grace 60]`: ids of one service that another one knows
 * otherwise.
 *
 * `--repair` writes what is stale or missing. It deletes only with `--max-deletions`, where no more ids than that would
 * have to go, and exports their rows first.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ApiError } from '@hivesync/contracts';
import { dataFolder } from './data-folder.ts';
import { exitCodeOf, reachPlatform, runIntegrity } from './integrity-run.ts';
import { integrityDeletions, integrityReplays, integritySummary, integrityTable } from './integrity-table.ts';
import { oneLine } from './one-line.ts';

try {
  const { values } = parseArgs({
    options: {
      repair: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      grace: { type: 'string', default: '60' },
      aggregate: { type: 'string' },
      'max-deletions': { type: 'string' },
      export: { type: 'string' },
    },
  });
  const report = await runIntegrity(reachPlatform(process.env, dataFolder()), {
    repair: values.repair,
    exportTo: values.export ?? join(dataFolder(), 'integrity', `deleted-${fileTime()}.ndjson`),
    grace: Number(values.grace),
    aggregate: values.aggregate,
    ...(values['max-deletions'] !== undefined && { maxDeletions: Number(values['max-deletions']) }),
    ...(process.stderr.isTTY && {
      progress: (examined) => console.error(`${examined.toLocaleString('en')} references looked at`),
    }),
  });
  const { findings, deletions, exported, examined, seconds } = report;
  if (values.json) {
    const sum = (of: 'count' | 'repaired') => findings.reduce((total, finding) => total + finding[of], 0);
    const counts = { examined, found: sum('count'), repaired: sum('repaired'), seconds };
    console.log(JSON.stringify({ ...counts, findings, deletions, exported }, null, 2));
  } else {
    if (findings.length > 0) for (const line of integrityTable(findings)) console.log(line);
    for (const line of integrityDeletions(report)) console.log(line);
    for (const line of integrityReplays(findings)) console.log(line);
    console.log(integritySummary(report, values.repair));
  }
  process.exitCode = exitCodeOf(report);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 2;
}

/** With the causes, the innermost of which is what can be mended: which address refused, which status came. */
function explain(error: unknown): string {
  const what = error instanceof ApiError ? (error.detail ?? error.message) : oneLine(error);
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? `${what} ${explain(cause)}` : what;
}

/** The time as a part of a file's name, e.g. `20261127T093000Z`. */
function fileTime(): string {
  return new Date().toISOString().replace(/[-:]|\.\d+/g, '');
}
