import type { WorkerNodeId, WorkerStatus, WorkerType } from '@hivesync/contracts';
import { type DataSource, query, type Transaction } from '@hivesync/database';

export interface WorkerNodeFilter {
  status?: WorkerStatus | undefined;
  type?: WorkerType | undefined;
}

export interface WorkerNodeRow {
  id: WorkerNodeId;
  cloudflare_id: string | null;
  name: string;
  type: WorkerType;
  status: WorkerStatus;
  capacity: number;
  software_version: string | null;
  last_heartbeat_at: Date | null;
  /** RFC 3339 in microseconds: as a cursor, a Date would lose what orders two nodes of one millisecond. */
  created_at: string;
  updated_at: Date;
}

/** The newest nodes that match; `limit` + 1 of them, to tell whether more follow. Never their tokens. */
export function listWorkerNodes(
  source: DataSource | Transaction,
  filter: WorkerNodeFilter,
  after: { sort: string; id: string } | null,
  limit: number,
): Promise<WorkerNodeRow[]> {
  return query<WorkerNodeRow>(
    source,
    `select id,
            cloudflare_id,
            name,
            type,
            status,
            capacity,
            software_version,
            last_heartbeat_at,
            to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at,
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
  ids: readonly WorkerNodeId[],
): Promise<ResolvedNodeRow[]> {
  return query<ResolvedNodeRow>(
    source,
    `select id, version, name, type
     from worker_nodes
     where id = any($1::uuid[])`,
    [ids],
  );
}
