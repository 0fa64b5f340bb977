import { DataClass } from '@hivesync/database';
import { Column, CreateDateColumn, Entity, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';

export const loginThrottleKinds = ['account', 'address'] as const;
export type LoginThrottleKind = (typeof loginThrottleKinds)[number];

/** How often logins failed of late for one account or from one address. */
@Entity('login_throttles')
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
