import {
  type WorkerNodeId,
  type WorkerStatus,
  type WorkerType,
  workerStatuses,
  workerTypes,
} from '@hivesync/contracts';
import { DataClass } from '@hivesync/database';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  Index,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';

/** A machine outside the platform that does previews and AI docs. */
@Entity({ name: 'worker_nodes' })
@Unique('worker_nodes_cloudflare_id_key', ['cloudflareId'])
@Unique('worker_nodes_token_sha256_key', ['tokenSha256'])
@Index('worker_nodes_created_at_id_idx', ['createdAt', 'id'])
@Index('worker_nodes_last_heartbeat_at_idx', ['lastHeartbeatAt'], {
  where: `status in ('healthy', 'draining')`,
})
@Check('worker_nodes_name_check', 'char_length(name) between 1 and 200')
@Check('worker_nodes_capacity_check', 'capacity between 1 and 1000')
@Check('worker_nodes_token_check', '(token_sha256 is null) = (token_expires_at is null)')
@Check('worker_nodes_token_sha256_check', 'octet_length(token_sha256) = 32')
export class WorkerNode {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'worker_nodes_pkey' })
  id!: WorkerNodeId;

  /** Its id at Cloudflare, where it runs there. */
  @Column({ type: 'text', name: 'cloudflare_id', nullable: true })
  cloudflareId!: string | null;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'enum', enumName: 'worker_type', enum: workerTypes })
  type!: WorkerType;

  /** Offline until its first heartbeat. */
  @Column({ type: 'enum', enumName: 'worker_status', enum: workerStatuses, default: 'offline' })
  status!: WorkerStatus;

  /** Jobs it runs at once. */
  @Column({ type: 'integer', default: 1 })
  capacity!: number;

  /** Version of the worker's program, as it reports it. */
  @Column({ type: 'text', name: 'software_version', nullable: true })
  softwareVersion!: string | null;

  /** SHA-256 of the token that the node presents; the token itself is shown once and never kept. */
  @Column({ type: 'bytea', name: 'token_sha256', nullable: true, select: false })
  @DataClass('secret-hash')
  tokenSha256!: Buffer | null;

  @Column({ type: 'timestamptz', name: 'token_expires_at', nullable: true })
  tokenExpiresAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'last_heartbeat_at', nullable: true })
  lastHeartbeatAt!: Date | null;

  @Column({ type: 'integer', default: 1 })
  version!: number;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
