/**
 * Holds the migrated database against the schema plan, knowing only the plan (`schema-plan.ts`) and what
 * PostgreSQL's own catalogue says. It imports no entity and no migration.
 */
import { testDatabase } from '@hivesync/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plannedIndexNames, plannedTables, trigramColumns } from '../src/schema-plan.ts';

let client: Client;
beforeAll(async () => {
  const database = await testDatabase();
  client = new Client({ connectionString: database.adminUrl });
  await client.connect();
});
afterAll(() => client.end());

async function rows<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
  return (await client.query(sql, parameters)).rows;
}

interface CatalogIndex {
  name: string;
  columns: string[];
  unique: boolean;
  partial: string | null;
  definition: string;
}

function indexesOf(schema: string, table: string): Promise<CatalogIndex[]> {
  return rows(
    `select c.relname as name,
            array(select coalesce(a.attname, '')
                  from unnest(i.indkey::int2[]) with ordinality as k(attnum, position)
                  left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                  order by k.position)::text[] as columns,
            i.indisunique as unique,
            pg_get_expr(i.indpred, i.indrelid) as partial,
            pg_get_indexdef(i.indexrelid) as definition
     from pg_index i
     join pg_class c on c.oid = i.indexrelid
     where i.indrelid = format('%I.%I', $1::text, $2::text)::regclass`,
    [schema, table],
  );
}

const leadsWith = (index: CatalogIndex, columns: string[]) =>
  columns.every((column, at) => index.columns[at] === column);

it('plans 28 tables', () => {
  expect(Object.keys(plannedTables)).toHaveLength(28);
});

describe.each(Object.entries(plannedTables))('%s', (table, plan) => {
  it('has its columns, of the right type', async () => {
    const found = await rows<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, atttypmod) as type
       from pg_attribute
       where attrelid = format('%I.%I', $1::text, $2::text)::regclass and attnum > 0 and not attisdropped`,
      [plan.schema, table],
    );
    const types = new Map(found.map(({ name, type }) => [name, type]));
    for (const [column, type] of Object.entries(plan.columns)) {
      expect(types.has(column), `${table}.${column} exists`).toBe(true);
      if (type) expect(types.get(column), `type of ${table}.${column}`).toBe(type);
    }
    expect(types.get('created_at'), 'created_at').toBe('timestamp with time zone');
  });

  it('has its primary key', async () => {
    const [key] = await rows<{ columns: string[] }>(
      `select array(select a.attname
                    from unnest(conkey) with ordinality as k(attnum, position)
                    join pg_attribute a on a.attrelid = conrelid and a.attnum = k.attnum
                    order by k.position)::text[] as columns
       from pg_constraint
       where contype = 'p' and conrelid = format('%I.%I', $1::text, $2::text)::regclass`,
      [plan.schema, table],
    );
    expect(key?.columns).toEqual(plan.primaryKey);
  });

  if (Object.keys(plan.foreignKeys).length > 0) {
    it('has its foreign keys, each to its own schema and with an index that leads with its columns', async () => {
      const keys = await rows<{ columns: string[]; target: string; target_schema: string }>(
        `select array(select a.attname
                      from unnest(conkey) with ordinality as k(attnum, position)
                      join pg_attribute a on a.attrelid = conrelid and a.attnum = k.attnum
                      order by k.position)::text[] as columns,
                t.relname as target, n.nspname as target_schema
         from pg_constraint
         join pg_class t on t.oid = confrelid
         join pg_namespace n on n.oid = t.relnamespace
         where contype = 'f' and conparentid = 0
           and conrelid = format('%I.%I', $1::text, $2::text)::regclass`,
        [plan.schema, table],
      );
      const indexes = await indexesOf(plan.schema, table);
      for (const [column, target] of Object.entries(plan.foreignKeys)) {
        const key = keys.find((each) => each.columns.includes(column) && each.target === target);
        expect(key, `${table}.${column} -> ${target}`).toBeDefined();
        expect(key?.target_schema).toBe(plan.schema);
      }
      for (const key of keys) {
        const covered = indexes.some((index) => index.partial === null && leadsWith(index, key.columns));
        expect(covered, `an index leads with ${table}(${key.columns})`).toBe(true);
      }
    });
  }

  if (plan.unique || plan.indexes) {
    it('has its indexes', async () => {
      const indexes = await indexesOf(plan.schema, table);
      for (const columns of plan.indexes ?? []) {
        expect(
          indexes.some((index) => index.partial === null && leadsWith(index, columns)),
          `${table}(${columns})`,
        ).toBe(true);
      }
      for (const columns of plan.unique ?? []) {
        const unique = indexes.find((i) => i.unique && !i.partial && `${i.columns}` === `${columns}`);
        expect(unique, `unique ${table}(${columns})`).toBeDefined();
      }
    });
  }

  if (plan.enums) {
    it('has its enums', async () => {
      for (const [column, values] of Object.entries(plan.enums ?? {})) {
        const labels = await rows<{ label: string }>(
          `select e.enumlabel as label
         from pg_attribute a
         join pg_enum e on e.enumtypid = a.atttypid
         where a.attrelid = format('%I.%I', $1::text, $2::text)::regclass and a.attname = $3
         order by e.enumsortorder`,
          [plan.schema, table, column],
        );
        expect(labels.map(({ label }) => label)).toEqual(values);
      }
    });
  }
});

describe('rules of the plan', () => {
  it('names the indexes of sample_projects as planned', async () => {
    const names = (await indexesOf('projects', 'sample_projects')).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(plannedIndexNames));
  });

  it('keeps emails unique without regard to case', async () => {
    const unique = (await indexesOf('identity', 'users')).filter((index) => index.unique);
    expect(unique.some(({ definition }) => definition.includes('lower(email)'))).toBe(true);
  });

  it('has the partial indexes: unused session tokens, unread notifications', async () => {
    const tokens = await indexesOf('identity', 'session_tokens');
    expect(tokens.some((i) => leadsWith(i, ['used']) && /used = false|NOT used/.test(i.partial ?? ''))).toBe(
      true,
    );
    const notifications = await indexesOf('identity', 'notifications');
    expect(notifications.some(({ partial }) => /is_read = false|NOT is_read/.test(partial ?? ''))).toBe(true);
  });

  it('allows one live subscription a user', async () => {
    const indexes = await indexesOf('billing', 'subscriptions');
    expect(indexes.some((i) => i.unique && i.partial && leadsWith(i, ['user_id']))).toBe(true);
  });

  it.each(trigramColumns)('searches %s.%s by trigram', async (table, column) => {
    const indexes = await indexesOf('projects', table);
    const trigram = indexes.find(
      ({ definition }) => /using gin/i.test(definition) && definition.includes('gin_trgm_ops'),
    );
    expect(trigram?.columns).toContain(column);
  });

  it('installed pg_trgm', async () => {
    expect(await rows(`select 1 from pg_extension where extname = 'pg_trgm'`)).toHaveLength(1);
  });

  it.each([
    ['workers.worker_heartbeats', 'timestamp'],
    ['audit.audit_logs', 'created_at'],
  ])('partitions %s by %s, with partitions made ahead', async (table, column) => {
    const [partitioned] = await rows<{ key: string }>(`select pg_get_partkeydef($1::regclass) as key`, [
      table,
    ]);
    expect(partitioned?.key).toMatch(new RegExp(`^RANGE \\("?${column}"?\\)$`));
    const partitions = await rows(`select inhrelid from pg_inherits where inhparent = $1::regclass`, [table]);
    expect(partitions.length).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ['slug', 'Not A Slug'],
    ['slug', 'double--dash'],
    ['version', '1.0'],
    ['version', '01.2.3'],
  ])('refuses a sample project whose %s is %s', async (column, value) => {
    const sample = { slug: 'counter', version: '1.0.0', [column]: value };
    const insert = rows(
      `insert into projects.sample_projects (id, name, slug, description, framework, version, archive_url)
       values (gen_random_uuid(), 'Counter', $1, 'Counts', 'react_native', $2, 'samples/counter.zip')`,
      [sample.slug, sample.version],
    );
    await expect(insert).rejects.toMatchObject({ code: '23514' });
  });

  it('stores hashes of session tokens and API keys, never the values', async () => {
    const [user] = await rows<{ id: string }>(
      `insert into identity.users (id, email, password_hash)
       values (gen_random_uuid(), 'plan@example.com', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA')
       returning id`,
    );
    const insert = rows(
      `insert into identity.session_tokens (token, user_id, expires_at) values ($1, $2, now() + interval '90 s')`,
      ['a-token-as-it-was-handed-out', user?.id],
    );
    await expect(insert).rejects.toMatchObject({ code: '23514' });
  });
});
