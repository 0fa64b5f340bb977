import { Check, Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** When the platform was last audited by itself, in one row that all replicas share. */
@Entity({ name: 'integrity_schedule' })
@Check('integrity_schedule_one_row_check', 'id')
export class IntegritySchedule {
  @PrimaryColumn({ type: 'boolean', default: true, primaryKeyConstraintName: 'integrity_schedule_pkey' })
  id!: true;

  @Column({ type: 'timestamptz', name: 'audited_at', default: () => 'now()' })
  auditedAt!: Date;

  /** Rows that the last audit found to be wrong; null: none was through since this is kept. */
  @Column({ type: 'bigint', nullable: true })
  found!: string | null;

  /** Until then one replica is at it, or it failed a moment ago. */
  @Column({ type: 'timestamptz', name: 'claimed_until', default: () => 'now()' })
  claimedUntil!: Date;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
