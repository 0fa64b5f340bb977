import type { WorkerNodeId, WorkerType } from '@hivesync/contracts';
import { ReferenceRow, ReferenceTable } from '@hivesync/database';
import { Column, Entity } from 'typeorm';

/** A worker node, as far as this service has met it. */
@Entity({ name: 'worker_refs' })
@ReferenceTable('workers.node', { keepsFresh: { name: 'name', type: 'type' } })
export class WorkerRef extends ReferenceRow<WorkerNodeId> {
  @Column({ type: 'text', nullable: true })
  name!: string | null;

  @Column({ type: 'text', nullable: true })
  type!: WorkerType | null;
}
