import type { UserId } from '@hivesync/contracts';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  Index,
  PrimaryColumn,
  UpdateDateColumn,
} from 'typeorm';
import { User } from '../users/user.entity.ts';

/** That projects is to be told whose an address is, now that it was proven; and how far that is. */
@Entity({ name: 'invitation_deliveries' })
@Check('invitation_deliveries_attempts_check', 'attempts >= 0')
export class InvitationDelivery {
  @PrimaryColumn({ name: 'user_id', type: 'uuid' })
  @ForeignKey(() => User, { onDelete: 'CASCADE' })
  userId!: UserId;

  /** Calls begun. A failure is recorded only while this is as it was when it began. */
  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** While a call is under way, when it is given up for lost. */
  @Index()
  @Column({ name: 'next_attempt_at', type: 'timestamptz', default: () => 'now()' })
  nextAttemptAt!: Date;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
