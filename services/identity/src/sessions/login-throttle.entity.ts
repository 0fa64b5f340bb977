import { DataClass } from '@hivesync/database';
import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';

export const loginThrottleKinds = ['account', 'address', 'device', 'session'] as const;
export type LoginThrottleKind = (typeof loginThrottleKinds)[number];

/** How often passwords were wrong of late: of strangers for an account or from an address, from a device, in a session. */
@Entity({ name: 'login_throttles' })
@Check('login_throttles_key_check', `key ~ '^[0-9a-f]{64}$'`)
@Check('login_throttles_failures_check', 'failures >= 0')
export class LoginThrottle {
  @PrimaryColumn({
    type: 'enum',
    enum: loginThrottleKinds,
    enumName: 'login_throttle_kind',
  })
  kind!: LoginThrottleKind;

  /** HMAC-SHA256 of the email, the network, the device or the session, hex: the table tells nobody who tried. */
  @DataClass('personal')
  @PrimaryColumn({ type: 'text' })
  key!: string;

  @Column({ type: 'integer' })
  failures!: number;

  @Index()
  @Column({ name: 'last_failed_at', type: 'timestamptz', default: () => 'now()' })
  lastFailedAt!: Date;

  @Column({ name: 'blocked_until', type: 'timestamptz', nullable: true })
  blockedUntil!: Date | null;

  /** How many attempts its blocks have turned away; null for none. */
  @Column({ type: 'integer', nullable: true })
  refused!: number | null;

  /** The end of the block that the audit was last told of: each is told once. */
  @Column({ name: 'told_until', type: 'timestamptz', nullable: true })
  toldUntil!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
