import { serviceNames } from '@hivesync/contracts';
import { atFileEnd, bareDatabase, type Pooler, pgbouncerBinary, startPgbouncer } from '@hivesync/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { bootstrap, createDataSource, migrateUp, ownerRole, query } from '../src/index.ts';
import { library } from './library.ts';

const advisoryLocks = `select pid from pg_locks where locktype = 'advisory'
   and database = (select oid from pg_database where datname = current_database())`;

// Without Debian's pgbouncer, which nobody needs for anything else, there is nothing to show this against.
describe.skipIf(!pgbouncerBinary)('behind a pgbouncer in transaction mode', () => {
  let server: Awaited<ReturnType<typeof bareDatabase>>;
  let pooler: Pooler;

  beforeAll(async () => {
    server = await bareDatabase();
    pooler = await startPgbouncer(server.adminUrl, server.roleSecret);
    atFileEnd(() => pooler.stop());
  });

  it('an administrator migrates, many at once, and leaves no lock behind', async () => {
    const url = pooler.through(server.adminUrl);
    const migrate = async () => {
      await bootstrap(url, {
        database: server.name,
        services: [library.service],
        roleSecret: server.roleSecret,
      });
      return migrateUp(library, url, { as: ownerRole(library.service), waitSeconds: 20 });
    };
    const reports = await Promise.all(Array.from({ length: 6 }, migrate));
    expect(reports.flatMap(({ done }) => done)).toHaveLength(library.migrations.length);
    expect(await server.query(advisoryLocks)).toEqual([]);
    const direct = { as: ownerRole(library.service), waitSeconds: 5 };
    expect((await migrateUp(library, server.adminUrl, direct)).done).toEqual([]);
    expect(await bootstrap(url, { database: server.name })).toContain(server.name);
    expect(serviceNames).toContain(library.service);
  });

  it('what a DBA set for dates changes nothing, on one connection after the other', async () => {
    await server.query(`alter role workers_app in database "${server.name}" set datestyle = 'German'`);
    await server.query(`alter role workers_app in database "${server.name}" set timezone = 'Asia/Tokyo'`);
    const read = async (url: string) => {
      const dataSource = await createDataSource(library, url, { poolSize: 3 }).initialize();
      try {
        const rows = await Promise.all(
          Array.from({ length: 12 }, () =>
            query<{ at: Date; text: string }>(
              dataSource,
              `select '2026-03-04T05:06:07Z'::timestamptz as at, '2026-03-04T05:06:07Z'::timestamptz::text as text,
                      pg_sleep(0.02)::text`,
            ),
          ),
        );
        return new Set(rows.map(([row]) => `${row!.at.toISOString()} ${row!.text}`));
      } finally {
        await dataSource.destroy();
      }
    };
    const right = new Set(['2026-03-04T05:06:07.000Z 2026-03-04 05:06:07+00']);
    expect(await read(server.appUrl('workers'))).toEqual(right);
    expect(await read(pooler.through(server.appUrl('workers')))).toEqual(right);
  });
});
