import { describe, expect, test } from 'vitest';
import { expectStatus, refusal, startProjects } from './support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const project = await service.createProject(alice);
const path = `/api/v1/projects/${project}`;
const [composed, decomposed] = ['Café', 'Cafe\u0301'];
const color = '#00ff00';

describe('a name', () => {
  test.each([
    ['projects', '/api/v1/projects', 'name'],
    ['tasks', `${path}/tasks`, 'title'],
    ['labels', `${path}/labels`, 'name'],
    ['tags', `${path}/tags`, 'name'],
  ])('of %s is composed and has nothing around it', async (what, url, field) => {
    const body = (name: string) => ({ [field]: name, ...(['labels', 'tags'].includes(what) && { color }) });
    const made = expectStatus(await alice.post(url, body(`\u3000 ${decomposed} ${what}\n`)), 201);
    expect(made.json()[field]).toBe(`${composed} ${what}`);
    for (const blank of [' ', '\n\t', '\u00a0', '\u200b\u2060', '\u3164']) {
      const answer = await alice.post(url, body(blank));
      expect(refusal(answer)).toEqual([400, 'VALIDATION_FAILED']);
      expect(answer.json().errors).toMatchObject([{ path: expect.stringContaining(field) }]);
    }
  });

  test('is one, in whichever form it comes', async () => {
    for (const url of [`${path}/labels`, `${path}/tags`]) {
      expect((await alice.post(url, { name: composed, color })).statusCode).toBe(201);
      for (const again of [decomposed, `  ${composed} `]) {
        expect(refusal(await alice.post(url, { name: again, color }))).toEqual([409, 'NAME_TAKEN']);
      }
      // Case is of the name: these are two.
      expect((await alice.post(url, { name: composed.toUpperCase(), color })).statusCode).toBe(201);
    }
  });

  test('confirms a deletion in either form', async () => {
    const id = await service.createProject(alice, decomposed);
    const answer = await alice.post(`/api/v1/projects/${id}/deletion`, { confirm: `${decomposed} ` });
    expect(answer.statusCode).toBe(202);
  });

  test('is measured as it is stored', async () => {
    const longest = `${decomposed.repeat(50)}  `;
    expect(
      expectStatus(await alice.post('/api/v1/projects', { name: longest }), 201).json().name,
    ).toHaveLength(200);
    expect((await alice.post('/api/v1/projects', { name: 'x'.repeat(201) })).statusCode).toBe(400);
  });
});
