import { cpSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { removeLeftovers, startEmbedded, withEmbedded } from '../../src/embedded/index.ts';
import { isRoot, isRunning, newFolder, query, serverPid, tidy } from './servers.ts';

let parent: string;
let homes: string[];
const home = (...path: string[]) => {
  const folder = join(parent, ...path);
  homes.push(folder);
  return folder;
};

beforeEach(() => {
  parent = newFolder();
  homes = [];
  return async () => {
    for (const folder of homes) await tidy(folder);
    rmSync(parent, { recursive: true, force: true });
  };
});

// Only root has to hand PostgreSQL to another user, so for anybody else there is nothing to test here.
describe.runIf(isRoot)('as root, in a checkout that other users cannot get into', () => {
  it('keeps the data in a folder that the server can reach, finds it again, and says so once', async () => {
    expect(statSync(parent).mode & 0o777).toBe(0o700);
    const dataDir = home('checkout', '.data', 'postgres');
    const lines: string[] = [];
    const options = { dataDir, log: (line: string) => lines.push(line) };
    const first = await startEmbedded(options);
    await query(first.url, 'create table kept (id int)');
    const pid = serverPid(first.cluster);
    expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
    await first.stop();

    const elsewhere = readFileSync(join(dataDir, 'location'), 'utf8').trim();
    expect(first.cluster.startsWith(elsewhere)).toBe(true);
    expect(lines).toEqual([expect.stringContaining(elsewhere)]);
    await withEmbedded(options, async ({ url, cluster }) => {
      expect(cluster).toBe(first.cluster);
      expect(await query(url, 'select * from kept')).toEqual([]);
    });
    expect(lines).toHaveLength(1);
  });

  it('follows a checkout that moves, and gives a copy of it data of its own', async () => {
    const dataDir = home('checkout', '.data', 'postgres');
    const original = await withEmbedded({ dataDir }, async ({ cluster }) => cluster);
    cpSync(join(parent, 'checkout'), join(parent, 'copy'), { recursive: true });
    renameSync(join(parent, 'checkout'), join(parent, 'moved'));
    const moved = await withEmbedded({ dataDir: home('moved', '.data', 'postgres') }, async (s) => s.cluster);
    expect(moved).toBe(original);
    const copied = await withEmbedded({ dataDir: home('copy', '.data', 'postgres') }, async (s) => s.cluster);
    expect(copied).not.toBe(original);
  });
});

describe('a throwaway server', () => {
  it('leaves nothing behind', async () => {
    const dataDir = home('throwaway');
    const server = await startEmbedded({ dataDir, durable: false });
    expect(await query(server.url, 'show fsync')).toEqual([{ fsync: 'off' }]);
    await server.stop();
    expect(existsSync(dataDir)).toBe(false);
    expect(existsSync(server.cluster)).toBe(false);
  });

  it('is cleared away when its users died, but not while it is used, and durable data never', async () => {
    const [used, durable] = [home('test-used'), home('test-durable')];
    const server = await startEmbedded({ dataDir: used, durable: false });
    await withEmbedded({ dataDir: durable }, async () => undefined);
    await removeLeftovers(parent, 'test-');
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);

    const pid = serverPid(server.cluster);
    rmSync(join(used, 'users'), { recursive: true });
    await removeLeftovers(parent, 'test-');
    expect(isRunning(pid)).toBe(false);
    expect([existsSync(used), existsSync(durable)]).toEqual([false, true]);
  });
});
