import { expect, test } from 'vitest';
import { limitReached } from '../src/index.ts';

test('tells the limit, what is left, and the first tier that allows more', () => {
  const error = limitReached('attachments_per_task', 'free', { retryAfterSeconds: 90 });
  expect(error).toMatchObject({ status: 429, code: 'LIMIT_REACHED', headers: { 'retry-after': '90' } });
  expect(error.members).toEqual({
    limit_type: 'attachments_per_task',
    tier: 'free',
    limit: 5,
    remaining: 0,
    retry_after_seconds: 90,
    upgrade_available: true,
    recommended_tier: 'pro',
    upgrade_reason: 'pro allows 20 instead of 5.',
  });
});

test('skips a tier that allows no more, and recommends none to those who have the best', () => {
  expect(limitReached('gpu', 'free').members).toMatchObject({ recommended_tier: 'premium' });
  expect(limitReached('gpu', 'premium')).toMatchObject({
    headers: {},
    members: { upgrade_available: false, recommended_tier: null, upgrade_reason: null },
  });
});
