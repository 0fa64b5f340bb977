import { defineDatabase } from '@hivesync/database';
import { WorkerHeartbeat } from '../heartbeats/worker-heartbeat.entity.ts';
import { WorkerNode } from '../nodes/worker-node.entity.ts';
import { CreatePlatformTables1763800000000 } from './migrations/1763800000000-create-platform-tables.ts';
import { CreateWorkerNodes1763800001000 } from './migrations/1763800001000-create-worker-nodes.ts';
import { CreateWorkerHeartbeats1763800002000 } from './migrations/1763800002000-create-worker-heartbeats.ts';
import { CreateReferenceSweeps1763900000000 } from './migrations/1763900000000-create-reference-sweeps.ts';
import { ForgetDeletedPeople1764000400000 } from './migrations/1764000400000-forget-deleted-people.ts';
import { AddFeedEpochs1764170000000 } from './migrations/1764170000000-add-feed-epochs.ts';
import { KeepUnknownEvents1764170001000 } from './migrations/1764170001000-keep-unknown-events.ts';
import { LockPartitionsByPolicy1764190000000 } from './migrations/1764190000000-lock-partitions-by-policy.ts';

export const database = defineDatabase({
  service: 'workers',
  entities: [WorkerNode, WorkerHeartbeat],
  migrations: [
    CreatePlatformTables1763800000000,
    CreateWorkerNodes1763800001000,
    CreateWorkerHeartbeats1763800002000,
    CreateReferenceSweeps1763900000000,
    ForgetDeletedPeople1764000400000,
    AddFeedEpochs1764170000000,
    KeepUnknownEvents1764170001000,
    LockPartitionsByPolicy1764190000000,
  ],
  owns: { 'workers.node': WorkerNode },
  partitions: [{ table: 'worker_heartbeats', step: 'day', ahead: 7, keepDays: 14 }],
  plainIds: {
    'worker_nodes.cloudflare_id': 'an id of Cloudflare',
  },
  unchangingTables: {
    worker_heartbeats: 'a heartbeat is a fact; old days are dropped whole',
  },
});
