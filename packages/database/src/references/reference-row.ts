import type { Id } from '@hivesync/contracts';
import { Column, PrimaryColumn } from 'typeorm';

export const referenceStates = ['active', 'deleted'] as const;
export type ReferenceState = (typeof referenceStates)[number];

/**
 * One row of a reference table: what is known here of an aggregate that another service owns. The entity that
 * extends it adds the few fields that are kept fresh, all of them nullable: a tombstone has none.
 */
export abstract class ReferenceRow<RowId extends Id<string> = Id<string>> {
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  id!: RowId;

  @Column({ name: 'state', type: 'text', default: 'active' })
  state!: ReferenceState;

  /** Version of the aggregate in the last event or answer that was applied; 0 when only the id is known. */
  @Column({ name: 'version', type: 'integer', default: 0 })
  version!: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;

  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt!: Date | null;
}
