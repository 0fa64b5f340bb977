import type { Readable } from 'node:stream';
import { ApiError } from '@hivesync/contracts';
import { type DataSource, transaction } from '@hivesync/database';
import type { ObjectKey, ObjectStore } from '@hivesync/objects';
import { markReceived, uploadState } from './object-upload.repository.ts';

/**
 * Takes in a file that may be uploaded. The object gets its name while its row is locked: a deletion either comes
 * first, and nothing is stored, or waits, and then removes the object too. No upload ends up without a row.
 * @throws ApiError GONE where the upload was ended, CONFLICT where it was received before, and what the store throws.
 */
export async function receiveUpload(
  dataSource: DataSource,
  store: ObjectStore,
  key: ObjectKey,
  sizeBytes: number,
  body: Readable,
): Promise<void> {
  const upload = await uploadState(dataSource, key);
  if (!upload || upload.received) throw refusal(upload);
  await using received = await store.receive(body, sizeBytes);
  await transaction(dataSource, async (tx) => {
    if (!(await markReceived(tx, key))) throw refusal(await uploadState(tx, key));
    // Last, so that only the commit is left to fail: then the object is there, and the row that knows of it as well.
    try {
      await received.keep(key);
      // Is the row still ours? Its lock goes with the connection, and its removal may then have come before the object.
      await uploadState(tx, key);
    } catch (error) {
      await store.delete(key);
      throw error;
    }
  });
}

function refusal(upload: { received: boolean } | null): ApiError {
  return upload
    ? new ApiError('CONFLICT', { detail: 'The file was uploaded before.' })
    : new ApiError('GONE', { detail: 'Nothing can be uploaded here any more.' });
}
