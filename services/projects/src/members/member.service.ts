import { ApiError, memberLeft, type ProjectId, taskUpdated, type UserId } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { publishMany } from '@hivesync/events';
import type { Actor } from '../actor.ts';
import { lockAsMember, lockAsOwner } from './access.ts';
import { deleteMember } from './member.repository.ts';
import type { Access } from './membership.repository.ts';

/** @throws ApiError NOT_FOUND; CONFLICT for the owner, who has to hand the project over first. */
export async function leaveProject(tx: Transaction, actor: Actor, projectId: ProjectId): Promise<void> {
  const access = await lockAsMember(tx, projectId, actor.id);
  await endMembership(tx, actor, access, actor.id);
}

/** @throws ApiError NOT_FOUND; OWNER_ONLY; CONFLICT where the owner would remove themself. */
export async function removeMember(
  tx: Transaction,
  actor: Actor,
  projectId: ProjectId,
  userId: UserId,
): Promise<void> {
  const access = await lockAsOwner(tx, projectId, actor.id);
  await endMembership(tx, actor, access, userId);
}

async function endMembership(tx: Transaction, actor: Actor, access: Access, userId: UserId): Promise<void> {
  if (userId === access.owner_id) {
    throw new ApiError('CONFLICT', {
      detail: 'The owner cannot leave: make another member the owner first.',
    });
  }
  const { id, unassigned } = await deleteMember(tx, access.project_id, userId);
  if (!id) throw new ApiError('NOT_FOUND');
  await publishMany(tx, [
    ...unassigned.map(({ id: subject, version, ...task }) => ({
      definition: taskUpdated,
      subject,
      version,
      data: { ...task, project_id: access.project_id, assignee_id: null, changed: ['assignee_id'] },
      origin: actor.origin,
    })),
    {
      definition: memberLeft,
      subject: id,
      version: 2,
      data: {
        project_id: access.project_id,
        project_name: access.project_name,
        owner_id: access.owner_id,
        user_id: userId,
        role: 'member' as const,
      },
      origin: actor.origin,
    },
  ]);
}
