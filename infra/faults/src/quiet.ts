import { serviceNames } from '@hivesync/contracts';
import { type Patience, waitUntilDone } from './patience.ts';
import type { Postgres } from './postgres.ts';

/** A consumer that has not applied everything that its source has published. */
interface Behind {
  consumer: string;
  source: string;
  cursor: string | null;
  head: string;
}

/**
 * Waits until every consumer has applied every event, every deletion is carried out and every file of what was deleted is removed, twice in a row: either
 * may publish another event. Answers what is still under way when patience is over.
 */
export async function waitForQuiet(postgres: Postgres, patience: Patience): Promise<string[]> {
  let settled: string | undefined;
  return waitUntilDone(async () => {
    const { behind, published } = await look(postgres);
    const sweeps = await unfinishedSweeps(postgres);
    const removals = await pendingRemovals(postgres);
    const left = [
      ...behind.map(
        ({ consumer, source, cursor, head }) =>
          `${consumer} has read ${source} up to ${cursor ?? 'nothing'} of ${head}`,
      ),
      ...sweeps.map((sweep) => `not carried out: ${sweep}`),
      ...removals.map((removal) => `not removed: ${removal}`),
    ];
    const isSettled = left.length === 0 && settled === published;
    settled = left.length === 0 ? published : undefined;
    return left.length === 0 && !isSettled ? [`looked at once: ${published}`] : left;
  }, patience);
}

async function unfinishedSweeps(postgres: Postgres): Promise<string[]> {
  const rows = await postgres.query<{ sweep: string }>(
    serviceNames
      .map(
        (service) => `
        select '${service}: deletion of ' || aggregate || ' ' || subject as sweep
        from ${service}.reference_sweeps
        where completed_at is null`,
      )
      .join(' union all '),
  );
  return rows.map(({ sweep }) => sweep);
}

async function pendingRemovals(postgres: Postgres): Promise<string[]> {
  const rows = await postgres.query<{ removal: string }>(
    `select object_key || coalesce(': ' || last_error, '') as removal from projects.object_removals`,
  );
  return rows.map(({ removal }) => removal);
}

async function look(postgres: Postgres): Promise<{ behind: Behind[]; published: string }> {
  const heads = await postgres.query<{ source: string; head: string | null }>(
    serviceNames
      .map(
        (service) => `
        select '${service}' as source, (
          select transaction_id || '.' || position
          from ${service}.outbox
          order by transaction_id desc, position desc
          limit 1
        ) as head`,
      )
      .join(' union all '),
  );
  const cursors = await postgres.query<{ consumer: string; source: string; cursor: string | null }>(
    serviceNames
      .map((service) => `select '${service}' as consumer, source, cursor from ${service}.event_cursors`)
      .join(' union all '),
  );
  const headOf = new Map(heads.map(({ source, head }) => [source, head]));
  const behind = cursors.flatMap((cursor): Behind[] => {
    const head = headOf.get(cursor.source) ?? null;
    return head === null || cursor.cursor === head ? [] : [{ ...cursor, head }];
  });
  return { behind, published: JSON.stringify(heads) };
}
