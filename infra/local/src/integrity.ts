/**
 * `npm run integrity [-- --repair --json --grace 60]`: ids of one service that another one knows otherwise.
 *
 * `--repair` deletes nothing where owners do not have more than 1,000 ids in all, or of one column more than a tenth
 * (where that is more than 10) or all of several; `--max-deletions <ids>` takes the place of all limits.
 */
import { parseArgs } from 'node:util';
import { ApiError } from '@hivesync/contracts';
import { dataFolder } from './data-folder.ts';
import { exitCodeOf, reachPlatform, runIntegrity } from './integrity-run.ts';
import { integrityRefusal, integritySummary, integrityTable } from './integrity-table.ts';
import { oneLine } from './one-line.ts';

try {
  const { values } = parseArgs({
    options: {
      repair: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      grace: { type: 'string', default: '60' },
      aggregate: { type: 'string' },
      'max-deletions': { type: 'string' },
    },
  });
  const report = await runIntegrity(reachPlatform(process.env, dataFolder()), {
    repair: values.repair,
    grace: Number(values.grace),
    aggregate: values.aggregate,
    ...(values['max-deletions'] !== undefined && { maxDeletions: Number(values['max-deletions']) }),
    ...(process.stderr.isTTY && {
      progress: (examined) => console.error(`${examined.toLocaleString('en')} references looked at`),
    }),
  });
  const { findings, refused, unknown, examined, seconds } = report;
  if (values.json) {
    const sum = (of: 'count' | 'repaired') => findings.reduce((total, finding) => total + finding[of], 0);
    const counts = { examined, found: sum('count'), repaired: sum('repaired'), seconds };
    console.log(JSON.stringify({ ...counts, unknown, refused, findings }, null, 2));
  } else {
    if (findings.length > 0) for (const line of integrityTable(findings)) console.log(line);
    for (const line of integrityRefusal(report)) console.log(line);
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
