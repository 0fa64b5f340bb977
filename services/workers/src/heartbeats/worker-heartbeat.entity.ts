import type { WorkerHeartbeatId, WorkerNodeId } from '@hivesync/contracts';
import { Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { WorkerNode } from '../nodes/worker-node.entity.ts';

/** One heartbeat with its metrics. Partitioned by day; old days are dropped whole. */
@Entity({ name: 'worker_heartbeats' })
@Index('worker_heartbeats_node_id_timestamp_idx', ['nodeId', 'timestamp'])
export class WorkerHeartbeat {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'worker_heartbeats_pkey' })
  id!: WorkerHeartbeatId;

  @PrimaryColumn({
    type: 'timestamptz',
    default: () => 'now()',
    primaryKeyConstraintName: 'worker_heartbeats_pkey',
  })
  timestamp!: Date;

  @Column({ type: 'uuid', name: 'node_id' })
  @ForeignKey(() => WorkerNode, { name: 'worker_heartbeats_node_id_fkey', onDelete: 'CASCADE' })
  nodeId!: WorkerNodeId;

  @Column({ type: 'jsonb', name: 'metrics_json' })
  metricsJson!: Record<string, unknown>;

  /** When it was stored; heartbeats are written in batches. */
  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}
