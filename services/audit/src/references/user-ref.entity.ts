import type { UserId } from '@hivesync/contracts';
import { DataClass, ReferenceRow, ReferenceTable } from '@hivesync/database';
import { Column, Entity } from 'typeorm';

/** A user, as far as this service has met them. Fields are null until an event of identity brings them. */
@Entity({ name: 'user_refs' })
@ReferenceTable('identity.user', { keepsFresh: { display_name: 'display_name' } })
export class UserRef extends ReferenceRow<UserId> {
  @Column({ type: 'text', name: 'display_name', nullable: true })
  @DataClass('personal')
  displayName!: string | null;
}
