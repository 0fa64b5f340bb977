import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@hivesync/contracts';
import { appRole } from '@hivesync/database';
import type { Platform } from './platform.ts';
import type { Session } from './postgres.ts';
import type { ServiceProcess } from './service-process.ts';

export interface ConsumerKill {
  /**
   * The tables into which a transaction of its consumer had written when the process was killed, before the cursor
   * was moved and all was committed. Null: killed, but not at such a moment.
   */
  wrote: string[] | null;
  troubles: string[];
}

const pollMs = 5;
/** Below the `lock_timeout` of the services' roles, 5 s: a consumer that gives up would be no longer there to kill. */
const longestHoldMs = 3_000;
/** For a consumer that waits with nothing written: what follows may concern it, and comes only once it goes on. */
const idleHoldMs = 500;
const patienceMs = 30_000;

/**
 * Kills a service while its consumer stands between the effect of events and the commit that moves its cursor. A
 * table lock that lets rows be locked but not written has the consumer wait at exactly that place. Where nothing that
 * has an effect comes within 30 s, the process is killed nonetheless. It is not started again.
 */
export async function killConsumer(
  { postgres, services }: Pick<Platform, 'postgres' | 'services'>,
  name: ServiceName,
): Promise<ConsumerKill> {
  const service = services[name];
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    const registered = register(services.identity);
    const kill = await postgres.withSession((session) => tryKill(session, service));
    await registered;
    if (kill) return kill;
    // Whoever waited with nothing to undo goes on.
    await sleep(20);
  }
  await service.kill();
  return { wrote: null, troubles: [] };
}

/** Publishes what concerns every consumer but identity's, which the load concerns all the time: a new person. */
async function register(identity: ServiceProcess): Promise<void> {
  const name = `held-${randomUUID()}`;
  try {
    const response = await fetch(`${identity.url}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: `${name}@example.com`, password: randomUUID(), display_name: name }),
      signal: AbortSignal.timeout(longestHoldMs),
    });
    await response.arrayBuffer();
  } catch {
    // Down at the moment, as it may be here; the load may do it, or the next try.
  }
}

async function tryKill(session: Session, process: ServiceProcess): Promise<ConsumerKill | null> {
  const { service } = process;
  await session.query('begin');
  // share: with `for update` of a consumer that begins it goes together, with the `update` at its end it does not.
  await session.query(`set local lock_timeout = '${longestHoldMs}ms'`);
  // A consumer that stands still, or is only just being cut off, may hold it for longer than that.
  if (!(await session.lock(`lock table ${service}.event_cursors in share mode`))) return null;
  const wrote = await waitForConsumer(session, service);
  if (!wrote) {
    await session.query('rollback');
    return null;
  }
  const before = await cursorsOf(session, service);
  await process.kill();
  await session.query('rollback');
  await waitForEnd(session, service);
  if ((await cursorsOf(session, service)) === before) return { wrote, troubles: [] };
  return { wrote: null, troubles: [`The cursor of ${service} moved after its process had been killed`] };
}

/** What the consumer that waits for us has written into; null where none comes, or one that has written nothing. */
async function waitForConsumer(session: Session, service: ServiceName): Promise<string[] | null> {
  let deadline = Date.now() + longestHoldMs;
  while (Date.now() < deadline) {
    const waiting = await session.query<{ wrote: string[] }>(
      `select array(
         select written.relation::regclass::text
         from pg_locks as written
         join pg_class as class on class.oid = written.relation
         where written.pid = waiting.pid
           and written.granted
           and written.mode = 'RowExclusiveLock'
           and class.relkind in ('r', 'p')
         order by 1
       ) as wrote
       from pg_locks as waiting
       where waiting.relation = $1::regclass
         and waiting.mode = 'RowExclusiveLock'
         and not waiting.granted`,
      [`${service}.event_cursors`],
    );
    const held = waiting.find(({ wrote }) => wrote.length > 0);
    if (held) return held.wrote;
    if (waiting.length > 0) deadline = Math.min(deadline, Date.now() + idleHoldMs);
    await sleep(pollMs);
  }
  return null;
}

/** A backend learns that its client is gone when it answers; until then its transaction is neither here nor there. */
async function waitForEnd(session: Session, service: ServiceName): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    const [row] = await session.query<{ left: number }>(
      'select count(*)::integer as left from pg_stat_activity where usename = $1',
      [appRole(service)],
    );
    if (row?.left === 0) return;
    await sleep(pollMs);
  }
}

async function cursorsOf(session: Session, service: ServiceName): Promise<string> {
  const rows = await session.query(`select source, cursor from ${service}.event_cursors order by source`);
  return JSON.stringify(rows);
}
