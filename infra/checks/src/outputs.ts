import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Generated files by their path from the repository's root. */
export type Outputs = Map<string, string>;

/** The paths whose committed content differs from what was generated, in order. */
export function staleOutputs(root: string, outputs: Outputs): string[] {
  return [...outputs]
    .filter(([path, content]) => {
      const file = join(root, path);
      return !existsSync(file) || readFileSync(file, 'utf8') !== content;
    })
    .map(([path]) => path)
    .sort();
}

/** Writes the stale ones and leaves the others untouched, so that nothing is rebuilt for nothing. */
export function writeOutputs(root: string, outputs: Outputs): string[] {
  const stale = staleOutputs(root, outputs);
  for (const path of stale) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, outputs.get(path) ?? '');
  }
  return stale;
}

/** JSON with the members of every object in order, so that the same document is always the same text. */
export function stableJson(value: unknown): string {
  return `${JSON.stringify(sorted(value), null, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}
