import { type Tier, tiers, type UserId, type UserRole, userRoles } from '@hivesync/contracts';
import { DataClass } from '@hivesync/database';
import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** Somebody with an account. The address is unique in one folding, by an index on `lower(email collate "C")`. */
@Entity({ name: 'users' })
@Index('users_email_key', { synchronize: false })
@Index('users_email_folded_key', { synchronize: false })
@Check('users_email_check', `char_length(email) between 3 and 254 and position('@' in email) > 1`)
@Check('users_email_present_check', '(email is null) = (deleted_at is not null)')
@Check('users_password_hash_check', `password_hash like '$argon2id$%'`)
@Check('users_version_check', 'version > 0')
export class User {
  @PrimaryColumn({ type: 'uuid' })
  id!: UserId;

  @DataClass('personal')
  @Column({ type: 'text', nullable: true })
  email!: string | null;

  /** argon2id in PHC form. */
  @DataClass('secret-hash')
  @Column({ name: 'password_hash', type: 'text' })
  passwordHash!: string;

  @Column({ type: 'enum', enum: tiers, enumName: 'tier', default: 'free' })
  tier!: Tier;

  @Column({ type: 'enum', enum: userRoles, enumName: 'user_role', default: 'user' })
  role!: UserRole;

  /** Of the user with its profile: one aggregate, one version, one entity tag. */
  @Column({ type: 'integer', default: 1 })
  version!: number;

  /** When a link that was mailed to the address was followed: only then does it count for what others send to it. */
  @Column({ name: 'email_verified_at', type: 'timestamptz', nullable: true })
  emailVerifiedAt!: Date | null;

  /** When the account was deleted: nobody's from then on. The row goes last. */
  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
