import type { EventEmitter } from 'node:events';
import type { DataSource } from 'typeorm';

/** The connections of one process to its database. */
export interface PoolState {
  busy: number;
  idle: number;
  /** How many there may be. */
  max: number;
  /** Callers that wait for one. */
  waiting: number;
}

/** What this package uses of the pool of `pg`, which TypeORM keeps to itself. */
interface Pool extends EventEmitter {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
  options: { max: number };
}

/** All are 0 while the data source is not connected. */
export function poolState(dataSource: DataSource): PoolState {
  const pool = poolOf(dataSource);
  if (!pool) return { busy: 0, idle: 0, max: 0, waiting: 0 };
  const { totalCount, idleCount, waitingCount, options } = pool;
  return { busy: totalCount - idleCount, idle: idleCount, max: options.max, waiting: waitingCount };
}

/** Has `listener` hear of connections that break while idle. They are replaced by themselves. */
export function onConnectionLost(dataSource: DataSource, listener: (error: Error) => void): void {
  poolOf(dataSource)?.on('error', listener);
}

function poolOf({ driver }: DataSource): Pool | undefined {
  return 'master' in driver ? (driver.master as Pool | undefined) : undefined;
}
