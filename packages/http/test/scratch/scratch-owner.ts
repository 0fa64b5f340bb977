import {
  type AggregateName,
  aggregates,
  type EventDefinition,
  projectDeleted,
  projectUpdated,
  type ServiceName,
  userDeleted,
  userUpdated,
} from '@hivesync/contracts';
import { defineDatabase, type Migration, type QueryRunner, query, transaction } from '@hivesync/database';
import {
  feedEpochsDown,
  feedEpochsUp,
  platformTablesDown,
  platformTablesUp,
  publishMany,
} from '@hivesync/events';
import { startService, type TestDatabase, type TestTokens } from '@hivesync/testing';
import { type Static, Type } from 'typebox';
import {
  type App,
  type BaseConfig,
  baseConfigSchema,
  createApp,
  ListReferencesQuery,
  loadConfig,
  ResolveBody,
  ResolveReply,
} from '../../src/index.ts';

/** The owner of an aggregate: a real app with real tables, which can no more than what others ask of it. */
export interface ScratchOwner {
  url: string;
  /** Ids of each call of resolve. */
  asked: string[][];
  /** Lets it exist without telling anybody. */
  add(id: string, data: object): Promise<void>;
  /** Its server loses the last `events`, and all that came with them since it was as given here. */
  lose(events: number, id: string, as: { version: number; data: object }): Promise<void>;
  /** Changes it, with its event. */
  change(id: string, data: object): Promise<void>;
  /** Deletes it, with its event. */
  remove(id: string): Promise<void>;
}

/** A migration of the owner whose schema it runs in. */
abstract class CreateOwned implements Migration {
  readonly name = 'CreateOwned1763800000000';
  abstract readonly owner: ServiceName;

  async up(runner: QueryRunner): Promise<void> {
    const table = `create table owned (
      id uuid primary key,
      version integer not null default 1,
      data jsonb not null
    )`;
    for (const statement of [...platformTablesUp(), ...feedEpochsUp(this.owner), table])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of ['drop table owned', ...feedEpochsDown(), ...platformTablesDown()])
      await runner.query(statement);
  }
}

const Resolved = ResolveReply(Type.Unknown());
const response = { 200: Resolved };
type Existing = Static<typeof Resolved>['items'][number];

type Owned = 'identity.user' | 'projects.project';

const events: Record<Owned, { updated: EventDefinition; deleted: EventDefinition }> = {
  'identity.user': { updated: userUpdated, deleted: userDeleted },
  'projects.project': { updated: projectUpdated, deleted: projectDeleted },
};

export const ownerDatabase = (aggregate: AggregateName) => {
  const service = aggregates[aggregate].owner;
  class CreateOwned1763800000000 extends CreateOwned {
    readonly owner = service;
  }
  return defineDatabase({ service, entities: [], migrations: [CreateOwned1763800000000] });
};

export async function startOwner(
  aggregate: Owned,
  on: TestDatabase,
  tokens: TestTokens,
): Promise<ScratchOwner> {
  const asked: string[][] = [];
  const { url, dataSource } = await startService<BaseConfig, App>({
    database: ownerDatabase(aggregate),
    loadConfig: (env) => loadConfig(baseConfigSchema, env),
    buildApp: async (parts) => {
      const app = await createApp({
        service: aggregates[aggregate].owner,
        openapi: { title: 'Owner', description: 'Of what others refer to.' },
        ...parts,
      });
      app.post(
        aggregates[aggregate].resolvePath,
        { schema: { operationId: 'resolveOwned', body: ResolveBody, response } },
        async ({ body }) => {
          asked.push(body.ids);
          const items = await query<Existing>(
            parts.dataSource,
            'select id, version, data from owned where id = any($1::uuid[])',
            [body.ids],
          );
          return { items };
        },
      );
      app.get(
        aggregates[aggregate].listPath,
        { schema: { operationId: 'listOwned', querystring: ListReferencesQuery, response } },
        async ({ query: { after, limit } }) => {
          const items = await query<Existing>(
            parts.dataSource,
            `select id, version, data
               from owned
              where $1::uuid is null
                 or id > $1
              order by id
              limit $2`,
            [after ?? null, limit],
          );
          return { items };
        },
      );
      return app;
    },
    on,
    tokens,
    listen: true,
  });
  const happened = (definition: EventDefinition, id: string, data: object, statement: string) =>
    transaction(dataSource, async (tx) => {
      const [row] = await query<{ version: number }>(tx, statement, [
        id,
        ...(definition.deletes ? [] : [data]),
      ]);
      await publishMany(tx, [{ definition, subject: id, version: row!.version, data }]);
    });
  const { updated, deleted } = events[aggregate];
  return {
    url,
    asked,
    add: async (id, data) => {
      await query(dataSource, 'insert into owned (id, data) values ($1, $2)', [id, data]);
    },
    lose: async (count, id, { version, data }) => {
      await query(dataSource, 'update owned set version = $2, data = $3 where id = $1', [id, version, data]);
      await query(
        dataSource,
        `delete from outbox
         where position in (select position from outbox order by epoch desc, transaction_id desc, position desc limit $1)`,
        [count],
      );
    },
    change: (id, data) =>
      happened(
        updated,
        id,
        data,
        'update owned set version = version + 1, data = $2 where id = $1 returning version',
      ),
    remove: (id) =>
      happened(deleted, id, {}, 'delete from owned where id = $1 returning version + 1 as version'),
  };
}
