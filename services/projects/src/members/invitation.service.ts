import {
  ApiError,
  type InvitationId,
  invitationDeclined,
  memberInvited,
  memberJoined,
  type ProjectId,
  type UserId,
} from '@hivesync/contracts';
import { meetKnown, type Transaction } from '@hivesync/database';
import { publish } from '@hivesync/events';
import type { Actor } from '../actor.ts';
import { UserRef } from '../references/user-ref.entity.ts';
import { lockAsOwner, requireMember } from './access.ts';
import { deleteInvitation, findInvitedProject, keepInvitation } from './invitation.repository.ts';
import { insertMember } from './member.repository.ts';
import type { Invitation, Membership } from './member.schemas.ts';
import { lockProject, membersAmong } from './membership.repository.ts';

/**
 * Invites an address. `userId` is whose it is, as identity just said; the answer does not depend on it, or
 * inviting would be a way to find out who has an account. Members are known to the owner anyway.
 * @throws ApiError NOT_FOUND, OWNER_ONLY, ALREADY_MEMBER.
 */
export async function invite(
  tx: Transaction,
  actor: Actor,
  projectId: ProjectId,
  email: string,
  userId: UserId | null,
): Promise<Invitation> {
  const access = await lockAsOwner(tx, projectId, actor.id);
  if (userId) {
    const members = await membersAmong(tx, projectId, [userId]);
    if (members.has(userId)) throw new ApiError('ALREADY_MEMBER');
    await meetKnown(tx, UserRef, [userId]);
  }
  const { invitation, news } = await keepInvitation(tx, projectId, email, userId, actor.id);
  if (news) {
    await publish(tx, memberInvited, {
      subject: invitation.id,
      version: 1,
      data: { project_id: projectId, project_name: access.project_name, user_id: userId },
      origin: actor.origin,
    });
  }
  return invitation;
}

/** @throws ApiError NOT_FOUND where the invitation is not the caller's, or was answered before. */
export async function acceptInvitation(tx: Transaction, actor: Actor, id: InvitationId): Promise<Membership> {
  const projectId = await takeInvitation(tx, actor, id);
  const member = await insertMember(tx, projectId, actor.id);
  if (!member) throw new ApiError('ALREADY_MEMBER');
  const access = await requireMember(tx, projectId, actor.id);
  const { id: memberId, ...membership } = member;
  await publish(tx, memberJoined, {
    subject: memberId,
    version: 1,
    data: {
      project_id: projectId,
      project_name: access.project_name,
      owner_id: access.owner_id,
      user_id: actor.id,
      role: 'member',
    },
    origin: actor.origin,
  });
  return { ...membership, role: 'member' };
}

/** @throws ApiError NOT_FOUND where the invitation is not the caller's, or was answered before. */
export async function declineInvitation(tx: Transaction, actor: Actor, id: InvitationId): Promise<void> {
  const projectId = await takeInvitation(tx, actor, id);
  await publish(tx, invitationDeclined, {
    subject: id,
    version: 2,
    data: { project_id: projectId },
    origin: actor.origin,
  });
}

async function takeInvitation(tx: Transaction, actor: Actor, id: InvitationId): Promise<ProjectId> {
  const projectId = await findInvitedProject(tx, id, actor.id);
  if (!projectId) throw new ApiError('NOT_FOUND');
  await lockProject(tx, projectId);
  if (!(await deleteInvitation(tx, id))) throw new ApiError('NOT_FOUND');
  return projectId;
}
