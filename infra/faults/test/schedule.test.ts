import { serviceNames } from '@hivesync/contracts';
import { expect, test } from 'vitest';
import { Random } from '../src/random.ts';
import { faultKinds, scheduleOf } from '../src/schedule.ts';

test('a seed gives the same schedule again, and a longer run begins as a shorter one', () => {
  const schedule = scheduleOf(7, 50);
  expect(scheduleOf(7, 50)).toEqual(schedule);
  expect(scheduleOf(7, 10)).toEqual(schedule.slice(0, 10));
  expect(scheduleOf(8, 50)).not.toEqual(schedule);
});

test('each kind of fault comes once before any comes again, and each service is killed in two hundred', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const schedule = scheduleOf(seed, 200).map(({ fault }) => fault);
    expect(new Set(schedule.slice(0, faultKinds.length).map(({ kind }) => kind)).size).toBe(
      faultKinds.length,
    );
    const killed = schedule.flatMap((fault) => (fault.kind === 'kill' ? [fault.service] : []));
    expect(new Set(killed).size).toBe(serviceNames.length);
  }
});

test('streams of one seed differ, and numbers keep within their bounds', () => {
  const draw = (stream: string) => {
    const random = new Random(1, stream);
    return Array.from({ length: 1_000 }, () => random.between(3, 5));
  };
  expect(draw('a')).not.toEqual(draw('b'));
  expect(new Set(draw('a'))).toEqual(new Set([3, 4, 5]));
});
