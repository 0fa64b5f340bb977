/** `npm run integrity [-- --repair --json --grace 60]`: ids of one service that another one knows otherwise. */
import { parseArgs } from 'node:util';
import { ApiError } from '@hivesync/contracts';
import { dataFolder } from './data-folder.ts';
import { exitCodeOf, reachPlatform, runIntegrity } from './integrity-run.ts';
import { integrityTable } from './integrity-table.ts';
import { oneLine } from './one-line.ts';

try {
  const { values } = parseArgs({
    options: {
      repair: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      grace: { type: 'string', default: '60' },
      aggregate: { type: 'string' },
      'max-deletions': { type: 'string', default: '1000' },
    },
  });
  const report = await runIntegrity(reachPlatform(process.env, dataFolder()), {
    repair: values.repair,
    grace: Number(values.grace),
    aggregate: values.aggregate,
    maxDeletions: Number(values['max-deletions']),
    ...(process.stderr.isTTY && {
      progress: (examined) => console.error(`${examined.toLocaleString('en')} references looked at`),
    }),
  });
  const { findings, examined, seconds } = report;
  const rows = findings.reduce((sum, { count }) => sum + count, 0);
  const repaired = findings.reduce((sum, finding) => sum + finding.repaired, 0);
  if (values.json) {
    console.log(JSON.stringify({ examined, found: rows, repaired, seconds, findings }, null, 2));
  } else {
    if (rows > 0) for (const line of integrityTable(findings)) console.log(line);
    console.log(
      `${examined.toLocaleString('en')} references in ${seconds.toFixed(1)} s: ${rows} rows wrong${values.repair ? `, ${repaired} of them repaired` : ''}.`,
    );
  }
  process.exitCode = exitCodeOf(report);
} catch (error) {
  const what = error instanceof ApiError ? (error.detail ?? error.message) : oneLine(error);
  console.error(what);
  process.exitCode = 2;
}
