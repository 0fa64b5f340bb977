import { newId } from '@hivesync/database';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectStatus, refusal, startProjects } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const bob = await service.register('Bob');
const project = await service.createProject(alice);
await service.join(alice, project, bob);
const path = `/api/v1/projects/${project}/tasks`;
const label = (
  await alice.post(`/api/v1/projects/${project}/labels`, { name: 'bug', color: '#FF0000' })
).json();

interface Item {
  number: number;
}
const numbers = (page: { items: Item[] }): number[] => page.items.map(({ number }) => number);
const list = async (query: string) => expectStatus(await alice.get(`${path}?${query}`), 200).json();

beforeAll(async () => {
  await service.createTask(alice, project, { title: 'One 100%', due_date: '2026-01-03' });
  await service.createTask(alice, project, { title: 'Two', status: 'in_progress', assignee_id: bob.id });
  await service.createTask(alice, project, { title: 'Three', status: 'done', due_date: '2026-01-01' });
  await service.createTask(alice, project, { title: 'Four_', status: 'blocked', assignee_id: alice.id });
  const five = await service.createTask(alice, project, { title: 'fünf', due_date: '2026-01-02' });
  await alice.put(`/api/v1/tasks/${five.id}/labels/${label.id}`);
});

describe('the list of tasks', () => {
  test.each([
    ['', [5, 4, 3, 2, 1]],
    ['status=open', [5, 1]],
    ['status=open&status=done', [5, 3, 1]],
    ['assignee=me', [4]],
    [`assignee=${bob.id}`, [2]],
    [`assignee=${bob.id.toUpperCase()}`, [2]],
    ['assignee=none', [5, 3, 1]],
    [`label=${label.id}`, [5]],
    [`label=${newId()}`, []],
    ['due_from=2026-01-02', [5, 1]],
    ['due_to=2026-01-02', [5, 3]],
    ['due_from=2026-01-02&due_to=2026-01-02', [5]],
    ['q=FÜNF', [5]],
    ['q=%25', [1]],
    ['q=_', [4]],
    ['q=%5C', []],
    ['status=open&due_to=2026-01-02&q=f', [5]],
  ])('takes the filter %s', async (query, expected) => {
    const page = await list(`${query}&include_total=true`);
    expect(numbers(page)).toEqual(expected);
    expect(page.total).toBe(expected.length);
  });

  test.each([
    ['created', 'asc', [1, 2, 3, 4, 5]],
    ['created', 'desc', [5, 4, 3, 2, 1]],
    ['number', 'asc', [1, 2, 3, 4, 5]],
    ['number', 'desc', [5, 4, 3, 2, 1]],
    ['updated', 'desc', [5, 4, 3, 2, 1]],
    ['due', 'asc', [3, 5, 1, 2, 4]],
    ['due', 'desc', [1, 5, 3, 4, 2]],
  ])('sorts by %s %s, on one page and on many', async (sort, order, expected) => {
    const query = `sort=${sort}&order=${order}`;
    expect(numbers(await list(query))).toEqual(expected);
    for (const limit of [1, 2, 3]) {
      const found: number[] = [];
      let cursor: string | null = '';
      do {
        const page: { items: Item[]; next_cursor: string | null } = await list(
          `${query}&limit=${limit}${cursor && `&cursor=${cursor}`}`,
        );
        found.push(...numbers(page));
        cursor = page.next_cursor;
      } while (cursor !== null);
      expect(found).toEqual(expected);
    }
  });

  test('shows assignee and labels of each, and leaves the description out', async () => {
    const { items } = await list('sort=number&order=asc');
    expect(items[1]).toMatchObject({ assignee: { id: bob.id, display_name: 'Bob' }, labels: [] });
    expect(items[4]).toMatchObject({
      assignee: null,
      labels: [{ id: label.id, name: 'bug', color: '#ff0000' }],
    });
    expect(items[0]).not.toHaveProperty('description');
    expect(items[0]).not.toHaveProperty('sort_key');
  });

  test('costs two statements, however long it is: who may see it, and what is in it', async () => {
    const statements = await countStatements(() => list('limit=200'));
    expect(statements).toBe(2);
  });

  test('takes its own cursors only, unaltered', async () => {
    const { next_cursor: cursor } = await list('limit=1');
    const altered = `${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'B' : 'A'}`;
    const elsewhere = await service.createProject(alice);
    const refused = await Promise.all([
      alice.get(`${path}?limit=1&cursor=${altered}`),
      alice.get(`${path}?limit=1&cursor=x`),
      alice.get(`${path}?limit=1&status=open&cursor=${cursor}`),
      alice.get(`${path}?limit=1&sort=due&cursor=${cursor}`),
      alice.get(`/api/v1/projects/${elsewhere}/tasks?limit=1&cursor=${cursor}`),
      alice.get(`/api/v1/projects/${project}/comments?cursor=${cursor}`),
    ]);
    for (const answer of refused) expect(refusal(answer)).toEqual([400, 'MALFORMED_CURSOR']);
    expect(numbers(await list(`limit=2&cursor=${cursor}`))).toEqual([4, 3]);
  });

  test.each([
    'status=closed',
    'assignee=you',
    'due_from=x',
    'sort=title',
    'limit=0',
    'limit=201',
    'x=1',
    'q=%00',
  ])('refuses %s', async (query) => {
    expect(refusal(await alice.get(`${path}?${query}`))).toEqual([400, 'VALIDATION_FAILED']);
  });
});

/** Statements that the service sends while `work` runs, transactions' own aside. */
async function countStatements(work: () => Promise<unknown>): Promise<number> {
  const sent: string[] = [];
  const logger = service.dataSource.logger;
  const original = logger.logQuery.bind(logger);
  logger.logQuery = (sql) => {
    sent.push(sql);
  };
  try {
    await work();
  } finally {
    logger.logQuery = original;
  }
  return sent.length;
}
