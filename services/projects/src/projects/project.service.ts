import { ApiError, memberJoined, type ProjectId, projectCreated, projectUpdated } from '@hivesync/contracts';
import { meetKnown, type Transaction } from '@hivesync/database';
import { publish, publishMany } from '@hivesync/events';
import type { Precondition } from '@hivesync/http';
import type { Actor } from '../actor.ts';
import { lockAsOwner } from '../members/access.ts';
import { holdMembers } from '../members/membership.repository.ts';
import { UserRef } from '../references/user-ref.entity.ts';
import { findProject, insertProject, updateProject } from './project.repository.ts';
import type { NewProject, Project, ProjectChanges } from './project.schemas.ts';

/** @throws ApiError NOT_FOUND where the person is not a member. */
export async function getProject(tx: Transaction, actor: Actor, id: ProjectId): Promise<Project> {
  const project = await findProject(tx, id, actor.id);
  if (!project) throw new ApiError('NOT_FOUND');
  return project;
}

/** The caller becomes owner and first member. Identity's signature vouches for the caller's id, so nobody is asked. */
export async function createProject(tx: Transaction, actor: Actor, body: NewProject): Promise<Project> {
  await meetKnown(tx, UserRef, [actor.id]);
  const { id, memberId } = await insertProject(tx, actor.id, body);
  await publishMany(tx, [
    {
      definition: projectCreated,
      subject: id,
      version: 1,
      data: { name: body.name, owner_id: actor.id },
      origin: actor.origin,
    },
    {
      definition: memberJoined,
      subject: memberId,
      version: 1,
      data: {
        project_id: id,
        project_name: body.name,
        owner_id: actor.id,
        user_id: actor.id,
        role: 'owner',
      },
      origin: actor.origin,
    },
  ]);
  return getProject(tx, actor, id);
}

/**
 * Changes a project's settings, or hands it over to another member. What already is makes no version and no event.
 * @throws ApiError NOT_FOUND, OWNER_ONLY, PRECONDITION_FAILED with the present entity tag, NOT_A_MEMBER.
 */
export async function changeProject(
  tx: Transaction,
  actor: Actor,
  id: ProjectId,
  ifMatch: Precondition,
  changes: ProjectChanges,
): Promise<Project> {
  const { version } = await lockAsOwner(tx, id, actor.id);
  ifMatch.require(version);
  if (changes.owner_id) {
    const members = await holdMembers(tx, id, [changes.owner_id]);
    if (!members.has(changes.owner_id)) {
      throw new ApiError('NOT_A_MEMBER', {
        errors: [{ path: 'body/owner_id', message: 'is not a member of the project' }],
      });
    }
  }
  if (!(await updateProject(tx, id, changes))) return getProject(tx, actor, id);
  const project = await getProject(tx, actor, id);
  await publish(tx, projectUpdated, {
    subject: id,
    version: project.version,
    data: { name: project.name, owner_id: project.owner_id },
    origin: actor.origin,
  });
  return project;
}
