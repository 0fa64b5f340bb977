import type { ProjectId, UserId } from '@hivesync/contracts';
import { query, type Transaction } from '@hivesync/database';

/** What other services may know of all projects, in the order of their ids, after one of them or from the first. */
export function projectsAfter(
  tx: Transaction,
  after: ProjectId | null,
  limit: number,
): Promise<{ id: ProjectId; version: number; data: { name: string; owner_id: UserId } }[]> {
  return query(
    tx,
    `select id,
            version,
            json_build_object('name', name, 'owner_id', owner_id) as data
       from projects
      where deleted_at is null
        and ($1::uuid is null or id > $1)
      order by id
      limit $2`,
    [after, limit],
  );
}
