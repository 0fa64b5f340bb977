import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { beforeEach, describe, expect, it } from 'vitest';
import { emptyDatabase, type SeverableProxy, severableProxy } from '../src/index.ts';

const database = await emptyDatabase();
const { hostname, port } = new URL(database.adminUrl);

async function connect(proxy: SeverableProxy): Promise<Client> {
  const client = new Client({
    connectionString: proxy.through(database.adminUrl),
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

describe('a severable proxy', () => {
  let proxy: SeverableProxy;
  beforeEach(async () => {
    proxy = await severableProxy(Number(port), hostname);
    return () => proxy.close();
  });

  it('passes on until it is severed, and refuses from then on', async () => {
    const client = await connect(proxy);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    proxy.sever();
    await expect(client.query('select 1')).rejects.toThrow();
    await expect(connect(proxy)).rejects.toThrow();
    expect(proxy.connections()).toBe(0);
  });

  it('works again once restored', async () => {
    proxy.sever();
    proxy.restore();
    const client = await connect(proxy);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  it('holds answers back while paused', async () => {
    const client = await connect(proxy);
    proxy.pause();
    const answer = client.query('select 1 as one');
    expect(await Promise.race([answer, delay(300, 'nothing')])).toBe('nothing');
    proxy.restore();
    expect((await answer).rows).toEqual([{ one: 1 }]);
    await client.end();
  });
});
