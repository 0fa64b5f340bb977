import type { HeldRow } from '@hivesync/database';
import { Zip, ZipDeflate } from 'fflate';

const nothing = new Uint8Array();

/**
 * A ZIP with one file of JSON lines for each table, `<service>/<table>.jsonl`, made as it is read: memory is that of
 * a few rows. Rows of one table come one after another.
 */
export async function* archive(
  parts: readonly { service: string; rows: AsyncIterable<HeldRow> }[],
): AsyncGenerator<Uint8Array> {
  const made: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    made.push(chunk);
  });
  const text = new TextEncoder();
  for (const { service, rows } of parts) {
    let file: ZipDeflate | undefined;
    let of: string | undefined;
    for await (const { table, row } of rows) {
      if (!file || of !== table) {
        file?.push(nothing, true);
        file = new ZipDeflate(`${service}/${table}.jsonl`);
        of = table;
        zip.add(file);
      }
      file.push(text.encode(`${JSON.stringify(row)}\n`));
      yield* made.splice(0);
    }
    file?.push(nothing, true);
  }
  zip.end();
  yield* made.splice(0);
}
