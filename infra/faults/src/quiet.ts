import { setTimeout as sleep } from 'node:timers/promises';
import { serviceNames } from '@hivesync/contracts';
import type { Postgres } from './postgres.ts';

/** A consumer that has not applied everything that its source has published. */
export interface Behind {
  consumer: string;
  source: string;
  cursor: string | null;
  head: string;
}

/**
 * Waits until every consumer has applied every event, twice in a row: applying one may publish another.
 * Answers who is still behind when the time is over.
 */
export async function waitForQuiet(postgres: Postgres, timeoutMs: number): Promise<Behind[]> {
  const deadline = Date.now() + timeoutMs;
  for (let seen = ''; ; ) {
    const { behind, published } = await look(postgres);
    if (behind.length === 0 && seen === published) return [];
    if (Date.now() > deadline) return behind;
    seen = behind.length === 0 ? published : '';
    await sleep(500);
  }
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
