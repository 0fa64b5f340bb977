import type { ProjectId, UserId } from '@hivesync/contracts';
import { ReferenceRow, ReferenceTable } from '@hivesync/database';
import { Column, Entity } from 'typeorm';

/** A project, as far as this service has met it. */
@Entity({ name: 'project_refs' })
@ReferenceTable('projects.project', { keepsFresh: { name: 'name', owner_id: 'owner_id' } })
export class ProjectRef extends ReferenceRow<ProjectId> {
  @Column({ type: 'text', nullable: true })
  name!: string | null;

  /** A copied field, not a reference of ours: who may see the project is `project_members`. */
  @Column({ type: 'uuid', name: 'owner_id', nullable: true })
  ownerId!: UserId | null;
}
