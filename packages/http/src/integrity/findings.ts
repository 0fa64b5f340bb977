import type { ServiceName } from '@hivesync/contracts';
import { type DataSource, referringRows, type ServiceDatabase } from '@hivesync/database';
import { type IntegrityFinding, type IntegrityKind, maxSamples } from './schemas.ts';
import type { Step, Suspect } from './step.ts';
import { staleFields } from './table-step.ts';

/** A finding, with the rows that each of its suspects accounts for. */
export interface CountedFinding extends Omit<IntegrityFinding, 'repaired'> {
  service: ServiceName;
  rowsOf: Map<Suspect, number>;
}

/** What is wrong, by kind and column, with counts and samples. */
export async function describeFindings(
  { dataSource, database }: { dataSource: DataSource; database: ServiceDatabase },
  suspects: readonly Suspect[],
): Promise<CountedFinding[]> {
  const found = new Map<string, CountedFinding>();
  const add = (suspect: Suspect, column: string, rows: number) => {
    const key = `${suspect.kind} ${column}`;
    const finding = found.get(key) ?? {
      service: database.service,
      aggregate: suspect.step.table.aggregate,
      kind: suspect.kind,
      column,
      count: 0,
      samples: [],
      rowsOf: new Map<Suspect, number>(),
    };
    finding.count += rows;
    if (finding.samples.length < maxSamples) finding.samples.push(suspect.id);
    finding.rowsOf.set(suspect, rows);
    found.set(key, finding);
  };

  for (const suspect of suspects) {
    for (const column of ownColumns(suspect)) add(suspect, `${suspect.step.table.table}.${column}`, 1);
  }
  for (const [step, kind] of grouped(suspects)) {
    const own = suspects.filter((one) => one.step === step && one.kind === kind);
    for (const declaration of step.columns) {
      if (kind === 'unswept' && declaration.onDelete === 'keep') continue;
      const rows = await referringRows(
        dataSource.manager,
        declaration,
        own.map(({ id }) => id),
      );
      for (const suspect of own) {
        const count = rows.get(suspect.id);
        if (count) add(suspect, `${declaration.table}.${declaration.column}`, count);
      }
    }
  }
  return [...found.values()];
}

/** The columns of the reference table itself that are wrong. */
function ownColumns({ kind, here, there, step }: Suspect): string[] {
  switch (kind) {
    case 'dangling':
    case 'missing':
      return ['id'];
    case 'buried':
      return ['state'];
    case 'stale': {
      const fields = here && there ? staleFields(here, there) : [];
      return fields.length > 0 ? fields.map((field) => step.table.keepsFresh[field] ?? field) : ['version'];
    }
    default:
      return [];
  }
}

/** The kinds whose rows in other tables are concerned too, each with the steps that found them. */
function grouped(suspects: readonly Suspect[]): [Step, IntegrityKind][] {
  const kinds = ['dangling', 'unswept', 'unmet'] as const;
  return [...new Set(suspects.map(({ step }) => step))].flatMap((step) =>
    kinds
      .filter((kind) => suspects.some((one) => one.step === step && one.kind === kind))
      .map((kind): [Step, IntegrityKind] => [step, kind]),
  );
}
