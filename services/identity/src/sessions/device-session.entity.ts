import type { DeviceSessionId, UserId } from '@hivesync/contracts';
import { DataClass } from '@hivesync/database';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import { User } from '../users/user.entity.ts';

/** A device that a person has logged in from, told apart by name and platform. */
@Entity({ name: 'device_sessions' })
@Unique(['userId', 'deviceName', 'platform'])
@Check('device_sessions_device_name_check', 'char_length(device_name) between 1 and 200')
@Check('device_sessions_platform_check', 'char_length(platform) between 1 and 50')
export class DeviceSession {
  @PrimaryColumn({ type: 'uuid' })
  id!: DeviceSessionId;

  @Column({ name: 'user_id', type: 'uuid' })
  @ForeignKey(() => User, { onDelete: 'CASCADE' })
  userId!: UserId;

  @DataClass('personal')
  @Column({ name: 'device_name', type: 'text' })
  deviceName!: string;

  @Column({ type: 'text' })
  platform!: string;

  @Column({ name: 'last_seen', type: 'timestamptz', default: () => 'now()' })
  lastSeen!: Date;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
