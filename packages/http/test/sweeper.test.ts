import { setTimeout as sleep } from 'node:timers/promises';
import { referenceSwept, type UserId } from '@hivesync/contracts';
import { applyReferenceDeleted, meetReferences, newId, query, transaction } from '@hivesync/database';
import { expect, it } from 'vitest';
import { notesDatabase, UserRef } from './support/notes-database.ts';
import { startNotes } from './support/notes-service.ts';

it('an app that listens carries deletions out in the background, and one that is closed does not', async () => {
  const { dataSource, app, close, database } = await startNotes({ listen: true });
  await app.lifecycle.start();
  async function deletedReader(): Promise<UserId> {
    const reader = newId<UserId>();
    await transaction(dataSource, (tx) =>
      meetReferences(tx, UserRef, [{ id: reader, version: 1, fields: { display_name: 'Alice' } }]),
    );
    await query(dataSource, 'insert into notes (id, reader_id, text) values ($1, $2, $3)', [
      newId(),
      reader,
      `of ${reader}`,
    ]);
    await transaction(dataSource, (tx) =>
      applyReferenceDeleted(tx, notesDatabase, 'identity.user', reader, 2),
    );
    return reader;
  }
  const { type } = referenceSwept('projects');
  const swept = (reader: UserId) =>
    database.query<{ data: object }>('select data from projects.outbox where type = $1 and subject = $2', [
      type,
      reader,
    ]);

  const reader = await deletedReader();
  await expect
    .poll(() => swept(reader), { timeout: 10_000 })
    .toMatchObject([{ data: { aggregate: 'identity.user', removed: { 'notes.reader_id': 1 } } }]);
  expect(await query(dataSource, 'select from notes where reader_id = $1', [reader])).toEqual([]);

  await app.lifecycle.stop();
  const late = await deletedReader();
  // Longer than the pause between two looks.
  await sleep(1_500);
  await close();
  expect(await swept(late)).toEqual([]);
});
