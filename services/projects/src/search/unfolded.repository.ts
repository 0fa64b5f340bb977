import { type DataSource, query } from '@hivesync/database';
import { fold } from '../folding.ts';

/** What is searched, and the column that has it folded. */
const searched = [
  ['projects', 'name', 'name_folded'],
  ['tasks', 'title', 'title_folded'],
  ['comments', 'body', 'body_folded'],
] as const;

const batch = 200;

/**
 * Folds what nobody has folded: rows from before there were such columns, and those that an older version of this
 * service writes while both run. What changes meanwhile is left for the next turn.
 * @returns how many
 */
export async function foldUnfolded(dataSource: DataSource): Promise<number> {
  let folded = 0;
  for (const [table, column, target] of searched) {
    for (let after: string | null = null, rows: number = batch; rows === batch; folded += rows) {
      const found: { id: string; text: string }[] = await query(
        dataSource,
        `select id,
                ${column} as text
           from ${table}
          where ${target} is null
            and ($1::uuid is null or id > $1)
          order by id
          limit $2`,
        [after, batch],
      );
      rows = found.length;
      after = found.at(-1)?.id ?? null;
      await query(
        dataSource,
        `update ${table} as row
            set ${target} = new.folded
           from jsonb_to_recordset($1::jsonb) as new (id uuid, text text, folded text)
          where row.id = new.id
            and row.${column} = new.text
            and row.${target} is null`,
        [JSON.stringify(found.map(({ id, text }) => ({ id, text, folded: fold(text) })))],
      );
    }
  }
  return folded;
}
