/** Something that must not be. `count` of it, and up to five examples. */
export interface Finding {
  kind: 'lost' | 'doubled' | 'dangling';
  what: string;
  count: number;
  examples: string[];
}

export function found(kind: Finding['kind'], what: string, examples: string[]): Finding[] {
  if (examples.length === 0) return [];
  return [{ kind, what, count: examples.length, examples: examples.slice(0, 5) }];
}
