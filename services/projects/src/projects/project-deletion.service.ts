import { ApiError, nameForm, type ProjectId, projectDeleted, type UserId } from '@hivesync/contracts';
import { requestSweep, type SweepBatch, type Transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import type { Precondition } from '@hivesync/http';
import type { Actor } from '../actor.ts';
import { lockAsOwner } from '../members/access.ts';
import {
  findOwnedProject,
  hideProject,
  lockForRemoval,
  removeBelongings,
  removeProject,
} from './project-deletion.repository.ts';

/**
 * Deletes a project: nobody sees it from now on, and its rows go in batches afterwards. One event stands for all
 * that goes with it.
 * @param confirm the project's name, as its owner typed it
 * @throws ApiError NOT_FOUND, OWNER_ONLY, PRECONDITION_FAILED, UNPROCESSABLE where the name is another.
 */
export async function deleteProject(
  tx: Transaction,
  actor: Actor,
  id: ProjectId,
  ifMatch: Precondition,
  confirm: string,
): Promise<void> {
  const access = await lockAsOwner(tx, id, actor.id);
  ifMatch.require(access.version);
  if (confirm !== nameForm(access.project_name)) {
    throw new ApiError('UNPROCESSABLE', {
      errors: [{ path: 'body/confirm', message: "is not the project's name" }],
    });
  }
  const version = await hideAndAnnounce(tx, id, actor.origin);
  if (version !== null) await requestSweep(tx, 'projects.project', id, version);
}

async function hideAndAnnounce(tx: Transaction, id: ProjectId, origin: Origin): Promise<number | null> {
  const version = await hideProject(tx, id);
  if (version !== null) await publish(tx, projectDeleted, { subject: id, version, data: {}, origin });
  return version;
}

/**
 * One batch of a deleted project's removal, the project itself in the last one. Where only the project is left,
 * somebody who saw it just before it was hidden may still be writing: behind the lock nobody can, so we look again.
 */
export const sweepProject: SweepBatch = async (tx, subject, limit) => {
  const id = subject as ProjectId;
  const removed = await removeBelongings(tx, id, limit);
  if (Object.keys(removed).length > 0) return removed;
  if (!(await lockForRemoval(tx, id))) return {};
  const late = await removeBelongings(tx, id, limit);
  if (Object.keys(late).length > 0) return late;
  await removeProject(tx, id);
  return { projects: 1 };
};

/**
 * What the deletion of a person does to `projects.owner_id`: their projects go, as if they had deleted each. The
 * batches are those of the person's sweep and of no other, so that the report on it counts every row and ends when all
 * are gone.
 */
export const sweepOwnedProjects: SweepBatch = async (tx, subject, limit) => {
  const ownerId = subject as UserId;
  const id = await findOwnedProject(tx, ownerId);
  if (!id) return {};
  await hideAndAnnounce(tx, id, { actorId: ownerId });
  return sweepProject(tx, id, limit);
};
