import type { UserId } from '@hivesync/contracts';
import { DataClass } from '@hivesync/database';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  PrimaryColumn,
  UpdateDateColumn,
} from 'typeorm';
import { User } from './user.entity.ts';

/** What a person shows of themselves, and what their clients remember for them. */
@Entity({ name: 'user_profiles' })
@Check('user_profiles_display_name_check', 'char_length(display_name) between 1 and 200')
@Check('user_profiles_avatar_url_check', `avatar_url like 'https://%' and char_length(avatar_url) <= 2000`)
@Check(
  'user_profiles_preferences_json_check',
  `jsonb_typeof(preferences_json) = 'object' and octet_length(preferences_json::text) <= 16384`,
)
export class UserProfile {
  @PrimaryColumn({ name: 'user_id', type: 'uuid' })
  @ForeignKey(() => User, { onDelete: 'CASCADE' })
  userId!: UserId;

  @DataClass('personal')
  @Column({ name: 'display_name', type: 'text' })
  displayName!: string;

  @DataClass('personal')
  @Column({ name: 'avatar_url', type: 'text', nullable: true })
  avatarUrl!: string | null;

  /** An object of at most 16 KB. */
  @DataClass('private')
  @Column({ name: 'preferences_json', type: 'jsonb', default: {} })
  preferences!: Record<string, unknown>;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
