import { Column, CreateDateColumn, Entity, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** An object that no row names any more. Triggers write it; the remover deletes the object, then the row. */
@Entity({ name: 'object_removals' })
export class ObjectRemoval {
  @PrimaryColumn({ type: 'text', name: 'object_key', primaryKeyConstraintName: 'object_removals_pkey' })
  objectKey!: string;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  @Column({ type: 'text', name: 'last_error', nullable: true })
  lastError!: string | null;

  @Index('object_removals_due_at_idx')
  @Column({ type: 'timestamptz', name: 'due_at', default: () => 'now()' })
  dueAt!: Date;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
