import { type DataSource, query, transaction } from '@hivesync/database';
import { lockCursor, setCursorBack } from './cursor.ts';

/**
 * Puts the cursor of a source back to the beginning: its whole kept history will be applied again, which
 * handlers must allow. Parked events of the source are dropped, since they come again in their place.
 * The running consumer notices after its present read, within the seconds that it waits. Events that retention has deleted do not come back.
 */
export async function replay(dataSource: DataSource, source: string): Promise<void> {
  await transaction(dataSource, async (tx) => {
    await lockCursor(tx, source);
    await query(tx, 'delete from parked_events where source = $1', [source]);
    await setCursorBack(tx, source, null, []);
  });
}
