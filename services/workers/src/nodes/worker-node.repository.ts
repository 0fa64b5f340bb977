import type { WorkerNodeId, WorkerType } from '@hivesync/contracts';
import { type DataSource, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import type { WorkerNode, WorkerNodeFilter } from './worker-node.schemas.ts';

/** The newest nodes that match; `limit` + 1 of them, to tell whether more follow. Never their tokens. */
export function listWorkerNodes(
  source: DataSource | Transaction,
  filter: WorkerNodeFilter,
  { after, limit }: PageRequest,
): Promise<Paged<WorkerNode>[]> {
  return query<Paged<WorkerNode>>(
    source,
    `select id,
            cloudflare_id,
            name,
            type,
            status,
            capacity,
            software_version,
            last_heartbeat_at,
            created_at,
            created_at::text as sort_key,
            updated_at
     from worker_nodes
     where ($1::worker_status is null or status = $1)
       and ($2::worker_type is null or type = $2)
       and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
     order by created_at desc, id desc
     limit $5`,
    [filter.status ?? null, filter.type ?? null, after?.sort ?? null, after?.id ?? null, limit + 1],
  );
}

export async function countWorkerNodes(
  source: DataSource | Transaction,
  filter: WorkerNodeFilter,
): Promise<number> {
  const [row] = await query<{ total: number }>(
    source,
    `select count(*)::integer as total
     from worker_nodes
     where ($1::worker_status is null or status = $1)
       and ($2::worker_type is null or type = $2)`,
    [filter.status ?? null, filter.type ?? null],
  );
  return row!.total;
}

export interface ResolvedNodeRow {
  id: WorkerNodeId;
  version: number;
  name: string;
  type: WorkerType;
}

/** Those of the ids that are nodes, with what other services keep of them. */
export function resolveNodes(
  source: DataSource | Transaction,
  ids: readonly string[],
): Promise<ResolvedNodeRow[]> {
  return query<ResolvedNodeRow>(
    source,
    `select id, version, name, type
     from worker_nodes
     where id = any($1::uuid[])`,
    [ids],
  );
}

/** All nodes in the order of their ids, after one of them or from the first. */
export function nodesAfter(
  source: DataSource | Transaction,
  after: string | null,
  limit: number,
): Promise<ResolvedNodeRow[]> {
  return query<ResolvedNodeRow>(
    source,
    `select id, version, name, type
     from worker_nodes
     where $1::uuid is null
        or id > $1
     order by id
     limit $2`,
    [after, limit],
  );
}
