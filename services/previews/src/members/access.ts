import { ApiError, type ProjectId, type UserId } from '@hivesync/contracts';
import type { DataSource } from '@hivesync/database';
import { isMember } from './project-member.repository.ts';

/** @throws ApiError NOT_FOUND for everyone who is no member: to them the project does not exist. */
export async function requireMember(
  dataSource: DataSource,
  projectId: ProjectId,
  userId: UserId,
): Promise<void> {
  if (!(await isMember(dataSource, projectId, userId))) throw new ApiError('NOT_FOUND');
}
