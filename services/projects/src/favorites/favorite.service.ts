import { favoriteAdded, favoriteRemoved, type ProjectId } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { publish } from '@hivesync/events';
import type { Actor } from '../actor.ts';
import { requireMember } from '../members/access.ts';
import { deleteFavorite, insertFavorite } from './favorite.repository.ts';

/** Marks or unmarks a project for the caller alone; doing so twice changes nothing. @throws ApiError NOT_FOUND. */
export async function setFavorite(
  tx: Transaction,
  actor: Actor,
  projectId: ProjectId,
  favorite: boolean,
): Promise<void> {
  await requireMember(tx, projectId, actor.id);
  const changed = favorite
    ? await insertFavorite(tx, actor.id, projectId)
    : await deleteFavorite(tx, actor.id, projectId);
  if (!changed) return;
  await publish(tx, favorite ? favoriteAdded : favoriteRemoved, {
    subject: projectId,
    version: 0,
    data: {},
    origin: actor.origin,
  });
}
