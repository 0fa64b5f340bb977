import { expect, test } from 'vitest';
import { mentionedIn } from '../src/comments/mentions.ts';

const [alice, bob] = ['01890000-0000-7000-8000-00000000000a', '01890000-0000-7000-8000-00000000000b'];

test('finds each person once, in lower case', () => {
  expect(mentionedIn(`@[${alice}] and @[${bob?.toUpperCase()}], @[${alice}]!`)).toEqual([alice, bob]);
});

test('takes nothing else for a mention', () => {
  expect(mentionedIn(`@alice, @[alice], [${alice}], @ [${alice}], @[${alice}`)).toEqual([]);
});

test('stops at 50 people', () => {
  const many = Array.from(
    { length: 60 },
    (_, at) => `01890000-0000-7000-8000-${String(at).padStart(12, '0')}`,
  );
  expect(mentionedIn(many.map((id) => `@[${id}]`).join(' '))).toHaveLength(50);
});
