import { ApiError, type ProjectId, type ProjectTagId, tagCreated, tagDeleted } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { publish } from '@hivesync/events';
import type { Actor } from '../actor.ts';
import { requireOwner } from '../members/access.ts';
import { deleteTag, insertTag } from './tag.repository.ts';
import type { NewTag, Tag } from './tag.schemas.ts';

/** Tags are settings of a project, so they are its owner's. @throws ApiError NOT_FOUND, OWNER_ONLY, NAME_TAKEN. */
export async function createTag(
  tx: Transaction,
  actor: Actor,
  projectId: ProjectId,
  body: NewTag,
): Promise<Tag> {
  await requireOwner(tx, projectId, actor.id);
  const tag = await insertTag(tx, projectId, body);
  if (!tag) throw new ApiError('NAME_TAKEN');
  await publish(tx, tagCreated, {
    subject: tag.id,
    version: 1,
    data: { project_id: projectId, name: tag.name },
    origin: actor.origin,
  });
  return tag;
}

/** @throws ApiError NOT_FOUND, OWNER_ONLY. */
export async function removeTag(
  tx: Transaction,
  actor: Actor,
  projectId: ProjectId,
  id: ProjectTagId,
): Promise<void> {
  await requireOwner(tx, projectId, actor.id);
  const name = await deleteTag(tx, projectId, id);
  if (name === null) throw new ApiError('NOT_FOUND');
  await publish(tx, tagDeleted, {
    subject: id,
    version: 2,
    data: { project_id: projectId, name },
    origin: actor.origin,
  });
}
