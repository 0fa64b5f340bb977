import { describe, expect, test } from 'vitest';
import { fold, foldWithPlaces } from '../src/folding.ts';

describe('folding', () => {
  test.each([
    ['ΜΙΚΡΌΣ ΠΡΊΓΚΙΠΑΣ', 'μικρός πρίγκιπας'],
    ['ΣΟΦΟΣ', 'σοφοσ'],
    ['STRASSE', 'Straße'],
    ['STRAẞE', 'strasse'],
    ['İSTANBUL', 'istanbul'],
    ['ISPARTA', 'ısparta'],
    ['Cafe\u0301', 'CAFÉ'],
    ['ПРИВЕТ', 'привет'],
    ['ԲԱՐԵՎ', 'բարեվ'],
    ['ＨＩＶＥ', 'hive'],
    ['Oﬃce', 'OFFICE'],
    ['ᏣᎳᎩ', 'ꮳꮃꭹ'],
    ['\u1112\u1161\u11ab', '한'],
  ])('takes %s and %s for one', (one, other) => {
    expect(fold(one)).toBe(fold(other));
  });

  test.each([
    ['cafe', 'café'],
    ['μικρο', 'μικρα'],
    ['ä', 'ae'],
  ])('and %s and %s for two', (one, other) => {
    expect(fold(one)).not.toBe(fold(other));
  });

  test('is the same for every character in both cases and all normal forms, and once folded stays as it is', () => {
    const different: string[] = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const character = String.fromCodePoint(code);
      const folded = fold(character);
      const others = [folded, character.toUpperCase(), character.toLowerCase(), character.normalize('NFD')];
      if (others.some((other) => fold(other) !== folded)) different.push(code.toString(16));
    }
    expect(different).toEqual([]);
  });

  test('knows where each part came from', () => {
    expect(foldWithPlaces('aßc')).toEqual({ text: 'assc', starts: [0, 1, 1, 2], ends: [1, 2, 2, 3] });
    const text = 'Cafe\u0301 🐝 ΣΑΣ';
    expect(foldWithPlaces(text).text).toBe(fold(text));
  });
});

test('of the marks on one letter 30 count: to order more takes time by their square', () => {
  const marks = '\u0301\u0323'.repeat(10_000);
  expect(fold(`a${marks}b`)).toBe(fold(`a${marks.slice(0, 30)}b`));
  expect(foldWithPlaces(`a${marks}b`).text).toBe(fold(`a${marks}b`));
  expect(foldWithPlaces(`a${marks}b`).ends.at(-1)).toBe(marks.length + 2);
});
