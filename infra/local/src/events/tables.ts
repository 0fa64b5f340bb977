import type { listParked, SourceStatus } from './commands.ts';

/** Lines of columns that are as wide as their widest cell; numbers to the right. */
function table(head: string[], rows: (string | number)[][]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => String(line[column]).length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          typeof cell === 'number' ? String(cell).padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function statusTable(rows: readonly SourceStatus[]): string {
  return table(
    ['consumer', 'source', 'behind', 'held', 'parked', 'last event'],
    rows.map(({ consumer, source, behind, held, parked, setBack, lastEventAt }) => [
      consumer,
      source,
      behind,
      held,
      parked,
      `${lastEventAt?.toISOString() ?? 'none'}${setBack ? ', set back' : ''}`,
    ]),
  );
}

/** One line an event: what it is, why it was set aside, and the id by which it is discarded. */
export function parkedTable(events: Awaited<ReturnType<typeof listParked>>): string {
  return table(
    ['consumer', 'source', 'event', 'type', 'subject', 'reason', 'attempts', 'error'],
    events.map(({ consumer, source, event_id, type, subject, reason, attempts, error }) => [
      consumer,
      source,
      event_id,
      type,
      subject,
      reason,
      attempts,
      error.replaceAll(/\s+/g, ' ').slice(0, 120),
    ]),
  );
}
