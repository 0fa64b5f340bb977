import {
  Closed,
  IdSchema,
  Nullable,
  Timestamp,
  type WorkerNodeId,
  WorkerStatus,
  WorkerType,
} from '@hivesync/contracts';
import { PageQuery } from '@hivesync/http';
import { type Static, Type } from 'typebox';

export const WorkerNode = Closed(
  {
    id: IdSchema<WorkerNodeId>(),
    cloudflare_id: Nullable(Type.String()),
    name: Type.String(),
    type: WorkerType,
    status: WorkerStatus,
    capacity: Type.Integer({ description: 'Jobs it runs at once' }),
    software_version: Nullable(Type.String()),
    last_heartbeat_at: Nullable(Timestamp),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: 'WorkerNode' },
);
export type WorkerNode = Static<typeof WorkerNode>;

export const WorkerNodeQuery = Closed({
  ...PageQuery.properties,
  status: Type.Optional(WorkerStatus),
  type: Type.Optional(WorkerType),
});
export type WorkerNodeFilter = Pick<Static<typeof WorkerNodeQuery>, 'status' | 'type'>;
