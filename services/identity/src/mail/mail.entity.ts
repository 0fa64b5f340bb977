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
import { EmailVerification } from '../email-verification/email-verification.entity.ts';
import { User } from '../users/user.entity.ts';

export const mailKinds = ['email_verification'] as const;
export type MailKind = (typeof mailKinds)[number];

/**
 * A mail that is to be sent, and how far that is. Written in the transaction of its cause; sent later, with none
 * open, as often as it takes. Text and address are made when it is sent. The row goes once a server has taken it.
 */
@Entity({ name: 'mails' })
@Index('mails_due_idx', ['nextAttemptAt'], { where: 'given_up_at is null' })
@Check('mails_attempts_check', 'attempts >= 0')
@Check('mails_verification_id_check', `(kind = 'email_verification') = (verification_id is not null)`)
export class Mail {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Index()
  @Column({ name: 'user_id', type: 'uuid' })
  @ForeignKey(() => User, { onDelete: 'CASCADE' })
  userId!: UserId;

  @Column({ type: 'enum', enum: mailKinds, enumName: 'mail_kind' })
  kind!: MailKind;

  @Index()
  @Column({ name: 'verification_id', type: 'uuid', nullable: true })
  @ForeignKey(() => EmailVerification)
  verificationId!: string | null;

  @Column({ name: 'useful_until', type: 'timestamptz' })
  usefulUntil!: Date;

  /** Sendings begun. A failure is recorded only while this is as it was when it began. */
  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** While it is being sent, when that is given up for lost. */
  @Column({ name: 'next_attempt_at', type: 'timestamptz', default: () => 'now()' })
  nextAttemptAt!: Date;

  /** Codes alone: what a server says may repeat the address. */
  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null;

  @Column({ name: 'given_up_at', type: 'timestamptz', nullable: true })
  givenUpAt!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
