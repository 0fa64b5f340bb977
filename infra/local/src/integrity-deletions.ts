/** What `npm run integrity -- --repair --max-deletions N` deletes: first its rows are exported, then it goes. */
import { randomUUID } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CallService } from '@hivesync/clients';
import type { ServiceName } from '@hivesync/contracts';
import {
  type DepartingIds,
  deleteIn,
  departingRows,
  type IntegrityDeletion,
  maxDepartingIds,
} from '@hivesync/http';

const nameOf = (service: string, aggregate: string, id: string): string => `${service} ${aggregate} ${id}`;

/** The ids, each once for each service. */
export const idsOf = (deletions: readonly IntegrityDeletion[]): Set<string> =>
  new Set(deletions.map(({ service, aggregate, id }) => nameOf(service, aggregate, id)));

/**
 * Writes every row that the deletions remove or change to a new file that only this user can read, a line of JSON
 * each: `{ service, aggregate, table, row }`. It is on the disk when this resolves.
 * @throws the file system's error, EEXIST where there is such a file; ApiError where a service gives no answer
 */
export async function exportDeparting(
  callService: CallService,
  deletions: readonly IntegrityDeletion[],
  path: string,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'wx', 0o600);
  try {
    for (const { service, departing } of batches(deletions)) {
      const { aggregate } = departing;
      for await (const row of departingRows(callService, service, departing, { requestId: randomUUID() })) {
        // Unlike `write`, which may write a part of it on a disk that is nearly full.
        await file.appendFile(`${JSON.stringify({ service, aggregate, ...row })}\n`);
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Begins the deletions; each service carries them out in the background.
 * @returns those that were not begun: the owner has the id by now, or the row has changed
 * @throws ApiError where a service gives no answer; what was begun goes on
 */
export async function deleteDeparting(
  callService: CallService,
  deletions: readonly IntegrityDeletion[],
): Promise<IntegrityDeletion[]> {
  const begun = new Set<string>();
  for (const { service, departing } of batches(deletions)) {
    const ids = await deleteIn(callService, service, departing, { requestId: randomUUID() });
    for (const id of ids) begun.add(nameOf(service, departing.aggregate, id));
  }
  return deletions.filter(({ service, aggregate, id }) => !begun.has(nameOf(service, aggregate, id)));
}

/** Each id once for each service, as many at once as a service takes. */
function batches(
  deletions: readonly IntegrityDeletion[],
): { service: ServiceName; departing: DepartingIds }[] {
  const wanted = Map.groupBy(deletions, ({ service, aggregate }) => `${service} ${aggregate}`);
  return [...wanted.values()].flatMap((those) => {
    const { service, aggregate } = those[0]!;
    const ids = [...new Set(those.map(({ id }) => id))];
    return Array.from({ length: Math.ceil(ids.length / maxDepartingIds) }, (_, at) => ({
      service,
      departing: { aggregate, ids: ids.slice(at * maxDepartingIds, (at + 1) * maxDepartingIds) },
    }));
  });
}
