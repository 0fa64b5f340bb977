import { newId, query } from '@hivesync/database';
import { beforeAll, describe, expect, test } from 'vitest';
import { fold } from '../../src/folding.ts';
import { Parameters } from '../../src/keyset.ts';
import { hitsSql } from '../../src/search/search.repository.ts';
import { type SearchHit, searchTypes } from '../../src/search/search.schemas.ts';
import { foldUnfolded } from '../../src/search/unfolded.repository.ts';
import { expectStatus, refusal, startProjects } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const mallory = await service.register('Mallory');
const project = await service.createProject(alice, 'Payment gateway');
const hidden = await service.createProject(mallory, 'Payment secrets');

const search = async (text: string, more = ''): Promise<SearchHit[]> =>
  expectStatus(await alice.get(`/api/v1/search?q=${encodeURIComponent(text)}${more}`), 200).json().items;

beforeAll(async () => {
  const task = await service.createTask(alice, project, { title: 'Refund a payment' });
  await service.createTask(alice, project, { title: 'Zahlungsübersicht für Käufer' });
  await service.createTask(mallory, hidden, { title: 'Steal the payment' });
  for (const [caller, entity_id, where] of [
    [alice, task.id, project],
    [mallory, hidden, hidden],
  ] as const) {
    const entity_type = entity_id === hidden ? 'project' : 'task';
    const body = `${'Lorem ipsum. '.repeat(100)}The payment <b>fails</b> at night. ${'Dolor sit. '.repeat(100)}`;
    expectStatus(
      await caller.post(`/api/v1/projects/${where}/comments`, { entity_type, entity_id, body }),
      201,
    );
  }
});

describe('search', () => {
  test('finds names, titles and comments in what the caller may see, and nothing else', async () => {
    const hits = await search('payment');
    expect(hits.map(({ type }) => type).sort()).toEqual(['comment', 'project', 'task']);
    for (const hit of hits) expect(hit.project).toEqual({ id: project, name: 'Payment gateway' });
    const theirs = (await mallory.get('/api/v1/search?q=payment&include_total=true')).json();
    expect(theirs.total).toBe(3);
    for (const hit of theirs.items) expect(hit.project.id).toBe(hidden);
  });

  test('says where it found it, without markup', async () => {
    for (const { text, highlights } of await search('payment')) {
      expect(highlights.map(({ start, end }) => text.slice(start, end).toLowerCase())).toEqual(['payment']);
    }
    const [comment] = await search('payment', '&type=comment');
    expect(comment?.text).toContain('The payment <b>fails</b> at night.');
    expect(comment?.text.length).toBeLessThanOrEqual(300);
    expect(comment?.task_number).toBe(1);
  });

  test('takes part of a word, any case, and a slip of the pen', async () => {
    expect(await search('FUND A PAY')).toMatchObject([{ text: 'Refund a payment' }]);
    expect(await search('ÜBERSICHT')).toMatchObject([{ task_number: 2 }]);
    expect(await search('gatewey', '&type=project')).toMatchObject([{ id: project, highlights: [] }]);
  });

  test.each([
    ['μικρός πρίγκιπας', 'ΜΙΚΡΌΣ ΠΡΊΓΚΙΠΑΣ'],
    ['Отчёт за ЯНВАРЬ', 'январь'],
    ['Die Straße', 'STRASSE'],
    ['İstanbul gezisi', 'istanbul'],
    ['Cafe\u0301 au lait', 'CAFÉ'],
    ['日本語のタスク', '日本語'],
  ])('finds %s by %s, in titles, comments and the filter of a list', async (written, asked) => {
    const own = await service.createProject(alice, written);
    const { id } = await service.createTask(alice, own, { title: written });
    const about = { entity_type: 'task', entity_id: id };
    await alice.post(`/api/v1/projects/${own}/comments`, { ...about, body: `${'x '.repeat(500)}${written}` });
    const hits = await search(asked, `&project_id=${own}`);
    expect(hits.map(({ type }) => type).sort()).toEqual(['comment', 'project', 'task']);
    for (const { rank, text, highlights } of hits) {
      expect(rank).toBeGreaterThanOrEqual(1);
      const [{ start, end }] = highlights as [{ start: number; end: number }];
      expect(fold(text.slice(start, end))).toBe(fold(asked));
    }
    const list = await alice.get(`/api/v1/projects/${own}/tasks`, { query: { q: asked } });
    expect(list.json().items).toHaveLength(1);
  });

  test('goes by what a text is now, also where its case alone was changed', async () => {
    const own = await service.createProject(alice, 'quagga');
    const path = `/api/v1/projects/${own}`;
    await alice.patch(path, { name: 'QUAGGA' }, { headers: { 'if-match': '*' } });
    expect(await search('quagga', `&project_id=${own}`)).toHaveLength(1);
    await alice.patch(path, { name: 'okapi' }, { headers: { 'if-match': '*' } });
    expect(await search('quagga', `&project_id=${own}`)).toHaveLength(0);
    expect(await search('OKAPI', `&project_id=${own}`)).toHaveLength(1);
  });

  test('is told by the service what an older version of it has written, and no row has changed by that', async () => {
    const own = await service.createProject(alice, 'before');
    await foldUnfolded(service.dataSource);
    // As the version before this one writes: it knows no folded text.
    await service.dataSource.query(`update projects set name = 'ÄLTER' where id = $1`, [own]);
    const before = (await alice.get(`/api/v1/projects/${own}`)).json();
    expect(await foldUnfolded(service.dataSource)).toBeGreaterThanOrEqual(1);
    expect(await search('älter', `&project_id=${own}`)).toMatchObject([{ text: 'ÄLTER' }]);
    expect((await alice.get(`/api/v1/projects/${own}`)).json()).toEqual(before);
    expect(await foldUnfolded(service.dataSource)).toBe(0);
  });

  test('ranks what stands there literally before what is similar', async () => {
    const own = await service.createProject(alice, 'Authorisation');
    await service.createTask(alice, own, { title: 'Authorization' });
    const hits = await search('authorization', `&project_id=${own}`);
    expect(hits.map(({ text }) => text)).toEqual(['Authorization', 'Authorisation']);
    expect(hits[0]?.rank).toBeGreaterThan(1);
    expect(hits[1]?.rank).toBeLessThan(1);
  });

  test('takes characters of patterns as they are', async () => {
    expect(await search('%%')).toEqual([]);
    expect(await search('__')).toEqual([]);
    expect(await search('\\\\')).toEqual([]);
    expect(await search("';--")).toEqual([]);
  });

  test('pages through all hits once, and takes its own cursors only', async () => {
    const own = await service.createProject(alice);
    for (let at = 0; at < 5; at += 1) await service.createTask(alice, own, { title: `Honeycomb ${at}` });
    const found: string[] = [];
    let cursor: string | null = '';
    do {
      const page: { items: SearchHit[]; next_cursor: string | null } = expectStatus(
        await alice.get(`/api/v1/search?q=honeycomb&limit=2${cursor && `&cursor=${cursor}`}`),
        200,
      ).json();
      found.push(...page.items.map(({ id }) => id));
      if (page.next_cursor) {
        const other = await alice.get(`/api/v1/search?q=payment&limit=2&cursor=${page.next_cursor}`);
        expect(refusal(other)).toEqual([400, 'MALFORMED_CURSOR']);
      }
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(new Set(found).size).toBe(5);
    expect(found).toHaveLength(5);
  });

  test.each(['', '?q=', '?q=a', '?q=%20a%20', '?q=🐝'])('refuses %s', async (asked) => {
    const answer = await alice.get(`/api/v1/search${asked}`);
    expect(refusal(answer)).toEqual([400, asked === '' ? 'VALIDATION_FAILED' : 'QUERY_TOO_SHORT']);
  });

  test('takes long ones and odd ones without harm', async () => {
    expect(refusal(await alice.get(`/api/v1/search?q=${'x'.repeat(201)}`))).toEqual([
      400,
      'VALIDATION_FAILED',
    ]);
    expect(await search('x'.repeat(200))).toEqual([]);
    expect(await search('((((((((((')).toEqual([]);
    expect(await search('payment', `&project_id=${newId()}`)).toEqual([]);
    expect(await search('payment', `&project_id=${hidden}`)).toEqual([]);
  });

  test('goes by the trigram index of each table once there is much to search', async () => {
    const keeper = await service.register('Keeper');
    await fill(keeper.id);
    const parameters = new Parameters();
    const sql = hitsSql({ userId: keeper.id, text: 'payment', types: searchTypes }, parameters);
    const plan = await query<{ 'QUERY PLAN': string }>(
      service.dataSource,
      `explain ${sql}`,
      parameters.values,
    );
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    for (const index of [
      'projects_name_folded_trgm_idx',
      'tasks_title_folded_trgm_idx',
      'comments_body_folded_trgm_idx',
    ]) {
      expect(text).toContain(`Bitmap Index Scan on ${index}`);
    }
  });
});

/**
 * 3,000 projects of one person, with four tasks and a comment in each: so many that an index is the cheaper
 * way by far, whatever sample the statistics were taken from.
 */
async function fill(owner: string): Promise<void> {
  const statements = [
    `insert into projects (id, owner_id, name, name_folded)
     select gen_random_uuid(), $1, text, text
     from (select repeat(md5(i::text), 6) as text from generate_series(1, 3000) as i) as made`,
    `insert into team_members (id, project_id, user_id)
     select gen_random_uuid(), id, owner_id from projects where owner_id = $1`,
    `insert into tasks (id, project_id, number, title, title_folded, created_by)
     select gen_random_uuid(), id, number, repeat(md5(id::text || number), 5), repeat(md5(id::text || number), 5), owner_id
     from projects cross join generate_series(1, 4) as number where owner_id = $1`,
    `insert into comments (id, project_id, entity_type, entity_id, author_id, body, body_folded)
     select gen_random_uuid(), id, 'project', id, owner_id, repeat(md5(id::text), 20), repeat(md5(id::text), 20)
     from projects where owner_id = $1`,
  ];
  for (const statement of statements) await service.dataSource.query(statement, [owner]);
  // New entries wait in a list of the GIN index's own, which makes it dear until a vacuum has sorted them in.
  // Without statistics of every table in the plan, it is chance which way the planner goes.
  await service.database.query(
    'vacuum (analyze) projects.projects, projects.team_members, projects.tasks, projects.comments',
  );
}
