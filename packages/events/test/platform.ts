import {
  type CloudEvent,
  type ProjectId,
  type ServiceName,
  taskCreated,
  type UserId,
} from '@hivesync/contracts';
import {
  type DataSource,
  newId,
  query,
  type ServiceDatabase,
  sql,
  type Transaction,
  transaction,
} from '@hivesync/database';
import { atFileEnd, emptyDatabase, silentLogger } from '@hivesync/testing';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import {
  Consumers,
  type ConsumersOptions,
  defineSubscriptions,
  feedEpochsUp,
  forgettingUp,
  type Logger,
  localEventSource,
  OutboxSignal,
  platformTablesUp,
  publish,
  type Subscription,
  unknownEventsUp,
} from '../src/index.ts';

/** A database in which some services have their platform tables, with a pool of each one's app role. */
export interface Platform {
  of(service: ServiceName): DataSource;
  /** SQL as the superuser. */
  admin(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>;
  /** SQL as the role that migrates. */
  owner(service: ServiceName, ...statements: string[]): Promise<void>;
  ownerDataSource(service: ServiceName): Promise<DataSource>;
}

/** What every service has beside its own tables. */
export const tablesOfPlatform = (service: ServiceName): string[] => [
  ...platformTablesUp(),
  sql.updatedAtFunction(),
  ...sql.referenceSweepsUp(),
  ...forgettingUp(service),
  ...feedEpochsUp(service),
  ...unknownEventsUp(),
];

export async function startPlatform(
  services: ServiceName[],
  entities: ServiceDatabase['entities'] = [],
): Promise<Platform> {
  const database = await emptyDatabase();
  const sources = new Map<ServiceName, DataSource>();
  const owner: Platform['owner'] = async (service, ...statements) => {
    const client = new pg.Client({ connectionString: database.ownerUrl(service) });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const admin = new pg.Pool({ connectionString: database.adminUrl, max: 2 });
  atFileEnd(() => admin.end());
  for (const service of services) {
    await owner(service, ...tablesOfPlatform(service));
    sources.set(service, await database.dataSource({ service, entities, migrations: [] }, { poolSize: 12 }));
  }
  return {
    of: (service) => sources.get(service)!,
    admin: async (sql, parameters) => (await admin.query(sql, parameters)).rows,
    owner,
    ownerDataSource: (service) =>
      database.dataSource({ service, entities, migrations: [] }, { as: 'owner', poolSize: 1 }),
  };
}

const noOne = '01980000-0000-7000-8000-000000000000';

/** A `projects.task.created` whose number is the version, so that a reader can tell the order. */
export function task(subject: string, version: number) {
  return {
    subject,
    version,
    data: {
      project_id: noOne as ProjectId,
      number: version,
      title: `Task ${version}`,
      status: 'open' as const,
      assignee_id: null,
      created_by: noOne as UserId,
    },
  };
}

export function publishTask(source: DataSource, subject: string, version: number): Promise<string> {
  return transaction(source, (tx) => publish(tx, taskCreated, task(subject, version)));
}

/** A table of effects in the consuming service: one row each time that a handler ran and committed. */
export const effectsTable = `create table effects (
  ordinal bigint generated always as identity primary key,
  event_id uuid not null,
  subject text not null,
  version integer not null
)`;

export async function writeEffect(tx: Transaction, event: CloudEvent): Promise<void> {
  await query(tx, 'insert into effects (event_id, subject, version) values ($1, $2, $3)', [
    event.id,
    event.subject,
    event.aggregateversion,
  ]);
}

export async function effects(
  source: DataSource,
): Promise<{ event_id: string; subject: string; version: number }[]> {
  return query(source, 'select event_id, subject, version from effects order by ordinal');
}

/** Consumers in `audit` of what `projects` publishes. */
export function consumersOf(
  platform: Platform,
  handlers: Subscription[],
  options: Partial<ConsumersOptions> = {},
): Consumers {
  const signal = OutboxSignal.of(platform.of('projects'), { logger: silentLogger });
  const consumers = new Consumers({
    dataSource: platform.of('audit'),
    subscriptions: defineSubscriptions({
      database: { service: 'audit', entities: [], migrations: [] },
      sources: ['projects'],
      handlers,
    }),
    sources: [localEventSource('projects', { dataSource: platform.of('projects'), signal }, 'audit')],
    retry: { attempts: 3, delay: 5, maxDelay: 50 },
    logger: silentLogger,
    waitSeconds: 1,
    ...options,
  });
  onTestFinished(async () => {
    await consumers.stop();
    await signal.stop();
  });
  return consumers;
}

export const newSubject = (): string => newId();

export function recordingLogger(): Logger & { lines: { level: string; message: string; fields: object }[] } {
  const lines: { level: string; message: string; fields: object }[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
