import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is searched, and the column that has it folded. */
const searched = [
  ['projects', 'name'],
  ['tasks', 'title'],
  ['comments', 'body'],
] as const;

/**
 * Beside each text that is searched, the same text folded (`folding.ts`), so that case is not what this server's
 * locale takes for it. The columns begin empty, which takes no time, and the service fills them in the background; its
 * version before this one empties a column again by changing the text. Being filled is no change of the row. Their
 * indexes come with the next migration: nobody reads while a column is added, so that transaction is short.
 */
export class FoldSearchedTexts1764140000000 implements MigrationInterface {
  name = 'FoldSearchedTexts1764140000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function forget_fold() returns trigger
      language plpgsql
      as $$
      begin
        return jsonb_populate_record(new, jsonb_build_object(tg_argv[0], null));
      end
      $$`);
    for (const [table, column] of searched) {
      const folded = `${column}_folded`;
      await runner.query(`alter table ${table} add column ${folded} text`);
      // Where the lower case is the same too, the fold still fits: only the case of letters was changed.
      await runner.query(`
        create trigger ${table}_forget_fold
        before update on ${table}
        for each row
        when (
          old.${column} is distinct from new.${column}
          and old.${folded} is not distinct from new.${folded}
          and lower(old.${column}) is distinct from lower(new.${column})
        )
        execute function forget_fold('${folded}')`);
      await runner.query(`
        create or replace trigger ${table}_set_updated_at
        before update on ${table}
        for each row
        when (old.${folded} is not distinct from new.${folded} or old.${column} is distinct from new.${column})
        execute function set_updated_at()`);
      await runner.query(
        `comment on column ${table}.${folded} is
         '${column} without regard to case and form of letters, for the search; null until the service has folded it.'`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, column] of searched) {
      await runner.query(`drop trigger ${table}_set_updated_at on ${table}`);
      await runner.query(sql.touchUpdatedAt(table));
      await runner.query(`drop trigger ${table}_forget_fold on ${table}`);
      await runner.query(`alter table ${table} drop column ${column}_folded`);
    }
    await runner.query('drop function forget_fold()');
  }
}
