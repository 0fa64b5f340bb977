import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stableJson, staleOutputs, writeOutputs } from '../src/outputs.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hivesync-outputs-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('what is missing or differs is stale; writing brings it up to date and touches nothing else', () => {
  const first = new Map([
    ['docs/b.md', 'b'],
    ['a.json', 'a'],
  ]);
  expect(staleOutputs(root, first)).toEqual(['a.json', 'docs/b.md']);
  expect(writeOutputs(root, first)).toEqual(['a.json', 'docs/b.md']);
  expect(staleOutputs(root, first)).toEqual([]);

  const untouched = statSync(join(root, 'a.json'), { bigint: true }).mtimeNs;
  const second = new Map([...first, ['docs/b.md', 'changed']]);
  expect(writeOutputs(root, second)).toEqual(['docs/b.md']);
  expect(readFileSync(join(root, 'docs/b.md'), 'utf8')).toBe('changed');
  expect(statSync(join(root, 'a.json'), { bigint: true }).mtimeNs).toBe(untouched);
});

test('JSON is the same text whatever the order of its members, and keeps that of its lists', () => {
  expect(stableJson({ b: [{ y: 1, x: 2 }, 1], a: null })).toBe(
    stableJson({ a: null, b: [{ x: 2, y: 1 }, 1] }),
  );
  expect(stableJson([2, 1])).not.toBe(stableJson([1, 2]));
});
