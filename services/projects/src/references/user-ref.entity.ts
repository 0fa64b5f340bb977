import { type Tier, tiers } from '@hivesync/contracts';
import { DataClass, ReferenceRow, ReferenceTable } from '@hivesync/database';
import { Column, Entity } from 'typeorm';

/** A person, as far as this service has met them. Fields are null until identity tells them, and once deleted. */
@Entity({ name: 'user_refs' })
@ReferenceTable('identity.user', {
  keepsFresh: { display_name: 'display_name', avatar_url: 'avatar_url', tier: 'tier' },
})
export class UserRef extends ReferenceRow {
  @Column({ type: 'text', name: 'display_name', nullable: true })
  @DataClass('personal')
  displayName!: string | null;

  @Column({ type: 'text', name: 'avatar_url', nullable: true })
  @DataClass('personal')
  avatarUrl!: string | null;

  @Column({ type: 'enum', enumName: 'tier', enum: tiers, nullable: true })
  tier!: Tier | null;
}
