import { type AggregateName, aggregates, type ServiceName } from '@hivesync/contracts';
import type { MigrationInterface } from 'typeorm';
import type { Transaction } from './transaction.ts';

export type EntityClass<Row extends object = object> = new () => Row;

/** A migration. Its name ends in the 13 digits of its time, by which migrations are ordered. */
export interface Migration extends MigrationInterface {
  name: string;
  /**
   * True where code that does not know this migration must not run on the schema any more (the contract
   * step of expand, then contract). It is recorded, and an older service then refuses to start.
   */
  breaking?: boolean;
}

/** Which partitions of a range-partitioned table are made ahead, and how long they are kept. */
export interface PartitionPolicy {
  table: string;
  step: 'day' | 'week' | 'month';
  /** Partitions made beyond the present one, 1 to 60. */
  ahead: number;
  /** Days after its upper bound for which a partition is kept; absent: for ever, and nobody at run time can drop it. */
  keepDays?: number;
}

/**
 * Removes up to about `limit` rows that belong to the deleted `id`, in the transaction of the batch, and says how
 * many of which (`table.column`, or what else tells a reader). It is called again in further transactions until it
 * answers that nothing was removed, so it must find what is left by itself.
 */
export type SweepBatch = (tx: Transaction, id: string, limit: number) => Promise<Record<string, number>>;

/** Everything that the platform knows about the database of one service. */
export interface ServiceDatabase {
  /** Names the schema too, and the roles `<service>_owner` and `<service>_app`. */
  service: ServiceName;
  entities: EntityClass[];
  migrations: (new () => Migration)[];
  /** By aggregate that this service owns: the entity whose rows it is made of, and whose key is its id. */
  owns?: Readonly<Partial<Record<AggregateName, EntityClass>>>;
  partitions?: PartitionPolicy[];
  /** `table.column` of ids that are neither a foreign key nor a reference, each with the reason. */
  plainIds?: Readonly<Record<string, string>>;
  /** Tables whose rows are only inserted and deleted, so that they have no `updated_at`; each with the reason. */
  unchangingTables?: Readonly<Record<string, string>>;
  /** `table.column` of references that may be written although what they refer to is deleted; each with the reason. */
  unguardedReferences?: Readonly<Record<string, string>>;
  /**
   * By `table.column` of a declared reference: what its deletion does here where that is more than one statement
   * on that table. It takes the place of the plain policy; for `keep`, which has none, it is done besides.
   */
  cascades?: Readonly<Record<string, SweepBatch>>;
  /** By aggregate of this service itself (projects, users): how its own rows go when it is deleted, see `requestSweep`. */
  sweeps?: Readonly<Record<string, SweepBatch>>;
  /**
   * By aggregate: a query with a row for each piece of work that its deletion has begun here and that is not done yet,
   * e.g. because it is asked of another company. `sweep.subject` is the deleted id. As long as there is a row the
   * sweep is not due, so nothing looks at it in vain and it is not told as complete. Give the query an index.
   */
  awaits?: Readonly<Record<string, string>>;
}

/**
 * Declares the database of a service; `src/database/data-source.ts` exports it as `database`.
 * @throws Error when two migrations share a name or one's name does not end in 13 digits, or when it claims an
 * aggregate that is another's or whose entity is not its own.
 */
export function defineDatabase(database: ServiceDatabase): ServiceDatabase {
  orderedMigrations(database);
  for (const [aggregate, entity] of Object.entries(database.owns ?? {}) as [AggregateName, EntityClass][]) {
    const { owner } = aggregates[aggregate];
    if (owner !== database.service) throw new Error(`${database.service}: ${aggregate} is owned by ${owner}`);
    if (!database.entities.includes(entity)) {
      throw new Error(`${database.service}: ${entity.name} of ${aggregate} is not among its entities`);
    }
  }
  return Object.freeze({ ...database });
}

/** The migrations of a service in the order in which they run. */
export function orderedMigrations(database: ServiceDatabase): { migration: Migration; timestamp: number }[] {
  const ordered = database.migrations
    .map((migrationClass) => {
      const migration = new migrationClass();
      const digits = /\d{13}$/.exec(migration.name)?.[0];
      if (!digits)
        throw new Error(`${database.service}: migration ${migration.name} must end in its time (13 digits)`);
      return { migration, timestamp: Number(digits) };
    })
    .sort((a, b) => a.timestamp - b.timestamp);
  for (const [index, { migration, timestamp }] of ordered.entries()) {
    if (ordered[index + 1]?.timestamp === timestamp) {
      throw new Error(`${database.service}: two migrations carry the time of ${migration.name}`);
    }
  }
  return ordered;
}

export const ownerRole = (service: string): string => `${service}_owner`;
export const appRole = (service: string): string => `${service}_app`;

/** Tables that packages of the platform own inside each service's schema. */
export const platformTableNames: ReadonlySet<string> = new Set([
  'outbox',
  'event_cursors',
  'parked_events',
  'idempotency_keys',
  'migrations',
  'partition_policies',
  'feed_readers',
  'feed_epochs',
  'reference_sweeps',
]);
