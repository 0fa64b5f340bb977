import { describe, expect, test } from 'vitest';
import { type Person, startProjects } from '../support/projects-service.ts';

const service = await startProjects();
const search = (person: Person, text = 'payment') => person.get(`/api/v1/search?q=${text}`);
const statusesOf = async (person: Person, times: number) => {
  const answers = await Promise.all(Array.from({ length: times }, () => search(person)));
  return answers.map(({ statusCode }) => statusCode).sort();
};

describe('searches a minute', () => {
  test('are as many as the tier has: of 40 at once 30 are carried out for a free person', async () => {
    const alice = await service.register('Alice');
    expect(await statusesOf(alice, 40)).toEqual([...Array(30).fill(200), ...Array(10).fill(429)]);
    const answer = await search(alice);
    expect(answer.json()).toMatchObject({
      status: 429,
      code: 'LIMIT_REACHED',
      limit_type: 'searches_per_minute',
      tier: 'free',
      limit: 30,
      remaining: 0,
      upgrade_available: true,
      recommended_tier: 'pro',
      upgrade_reason: expect.any(String),
    });
    const { retry_after_seconds: seconds } = answer.json<{ retry_after_seconds: number }>();
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(answer.headers['retry-after']).toBe(String(seconds));
  });

  test('are counted for each person, by their own tier', async () => {
    const bob = await service.register('Bob', { tier: 'pro' });
    expect(await statusesOf(bob, 125)).toEqual([...Array(120).fill(200), ...Array(5).fill(429)]);
    const carol = await service.register('Carol');
    expect((await search(carol)).statusCode).toBe(200);
    expect((await carol.get('/api/v1/projects')).statusCode).toBe(200);
  });

  test('do not count what is refused before anything is searched', async () => {
    const dora = await service.register('Dora');
    for (let n = 0; n < 31; n++) expect((await search(dora, 'x')).statusCode).toBe(400);
    expect((await search(dora)).statusCode).toBe(200);
  });
});
