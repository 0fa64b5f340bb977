import { DataClass } from '@hivesync/database';
import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';

export const loginThrottleKinds = ['account', 'address'] as const;
export type LoginThrottleKind = (typeof loginThrottleKinds)[number];

/** How often logins failed of late for one account or from one address. */
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

  /** HMAC-SHA256 of the email or the network, hex: the table tells nobody who tried. */
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

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
