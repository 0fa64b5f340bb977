import type { CursorKey } from '@hivesync/http';
import { fold } from './folding.ts';

export type Order = 'asc' | 'desc';

/** What a list is sorted by. All parts come from the code, never from a request. */
export interface SortKey {
  sql: string;
  type: 'timestamptz' | 'date' | 'integer' | 'text' | 'real';
  /** True where the key may be null; those rows come last in both orders. */
  nullable?: boolean;
}

/** The values of a statement that is put together from parts. */
export class Parameters {
  readonly values: unknown[] = [];

  /** Adds a value and gives its placeholder. */
  bind(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** The condition for rows that come after `after`, in the order of {@link keysetOrder}. */
export function keysetCondition(
  key: SortKey,
  id: string,
  order: Order,
  after: CursorKey | null,
  parameters: Parameters,
): string {
  if (!after) return 'true';
  const beyond = order === 'asc' ? '>' : '<';
  const afterId = `${parameters.bind(after.id)}::uuid`;
  if (after.sort === null) return `(${key.sql} is null and ${id} ${beyond} ${afterId})`;
  const further = `(${key.sql}, ${id}) ${beyond} (${parameters.bind(after.sort)}::${key.type}, ${afterId})`;
  return key.nullable ? `(${further} or ${key.sql} is null)` : further;
}

export function keysetOrder(key: SortKey, id: string, order: Order): string {
  return `${key.sql} ${order}${key.nullable ? ' nulls last' : ''}, ${id} ${order}`;
}

/** `%text%` for `like` on what is folded, with the pattern's own characters taken as they are. */
export function containing(text: string): string {
  return `%${fold(text).replace(/[\\%_]/g, '\\$&')}%`;
}
