import { ApiError, type ProjectId, type UserId } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { type Access, findAccess, lockProject } from './membership.repository.ts';

/** @throws ApiError NOT_FOUND for those who are not members: to them there is no such project. */
export async function requireMember(tx: Transaction, projectId: ProjectId, userId: UserId): Promise<Access> {
  const access = await findAccess(tx, projectId, userId);
  if (!access) throw new ApiError('NOT_FOUND');
  return access;
}

/** @throws ApiError NOT_FOUND for those who are not members, OWNER_ONLY for those who are but do not own it. */
export async function requireOwner(tx: Transaction, projectId: ProjectId, userId: UserId): Promise<Access> {
  const access = await requireMember(tx, projectId, userId);
  if (access.role !== 'owner') throw new ApiError('OWNER_ONLY');
  return access;
}

/** As {@link requireMember}, with the project locked until the transaction ends. */
export async function lockAsMember(tx: Transaction, projectId: ProjectId, userId: UserId): Promise<Access> {
  await lockProject(tx, projectId);
  return requireMember(tx, projectId, userId);
}

/** As {@link requireOwner}, with the project locked until the transaction ends. */
export async function lockAsOwner(tx: Transaction, projectId: ProjectId, userId: UserId): Promise<Access> {
  await lockProject(tx, projectId);
  return requireOwner(tx, projectId, userId);
}
