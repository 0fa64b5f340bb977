import {
  ApiError,
  type CommentId,
  commentAdded,
  commentDeleted,
  commentUpdated,
  type ProjectId,
} from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { publish, publishMany } from '@hivesync/events';
import type { Precondition } from '@hivesync/http';
import type { Actor } from '../actor.ts';
import { requireMember } from '../members/access.ts';
import { membersAmong } from '../members/membership.repository.ts';
import { findInterested } from './audience.repository.ts';
import {
  type CommentState,
  deleteThread,
  findComment,
  insertComment,
  lockComment,
  updateComment,
} from './comment.repository.ts';
import type { Comment, NewComment } from './comment.schemas.ts';
import { requireEntity } from './comment-entity.ts';
import { mentionedIn } from './mentions.ts';

/** @throws ApiError NOT_FOUND for those who are not members of its project. */
export async function getComment(tx: Transaction, actor: Actor, id: CommentId): Promise<Comment> {
  const comment = await findComment(tx, id, actor.id);
  if (!comment) throw new ApiError('NOT_FOUND');
  return comment;
}

/**
 * Adds a comment and tells those who are mentioned in it or concerned by it, except its author.
 * @throws ApiError NOT_FOUND; VALIDATION_FAILED; UNKNOWN_REFERENCE where the entity is not of this project, or
 * the parent is not the first comment of a thread on the same entity.
 */
export async function addComment(
  tx: Transaction,
  actor: Actor,
  projectId: ProjectId,
  body: NewComment,
): Promise<Comment> {
  await requireMember(tx, projectId, actor.id);
  await requireEntity(tx, projectId, body);
  if (body.parent_id) await requireThread(tx, actor, projectId, body, body.parent_id);
  const id = await insertComment(tx, projectId, actor.id, body);
  const comment = await getComment(tx, actor, id);

  const others = mentionedIn(body.body).filter((user) => user !== actor.id);
  const mentions = await membersAmong(tx, projectId, others);
  const interested = await findInterested(tx, projectId, {
    taskId: comment.entity_type === 'task' ? comment.entity_id : null,
    parentId: comment.parent_id,
  });
  await publish(tx, commentAdded, {
    subject: id,
    version: comment.version,
    data: {
      project_id: projectId,
      entity_type: comment.entity_type,
      entity_id: comment.entity_id ?? `${comment.file_path}:${comment.line}`,
      parent_id: comment.parent_id,
      author_id: actor.id,
      mentions: [...mentions],
      interested: interested.filter((user) => user !== actor.id && !mentions.has(user)),
    },
    origin: actor.origin,
  });
  return comment;
}

/**
 * Rewrites a comment that still has this version. Nobody is told of mentions that an edit adds.
 * @throws ApiError NOT_FOUND; FORBIDDEN for all but its author; PRECONDITION_FAILED with the present entity tag.
 */
export async function editComment(
  tx: Transaction,
  actor: Actor,
  id: CommentId,
  ifMatch: Precondition,
  body: string,
): Promise<Comment> {
  const comment = await lock(tx, actor, id);
  if (comment.author_id !== actor.id) {
    throw new ApiError('FORBIDDEN', { detail: 'Only its author edits a comment.' });
  }
  ifMatch.require(comment.version);
  if (comment.body !== body) await change(tx, actor, comment, { body });
  return getComment(tx, actor, id);
}

/** Stars a comment for all members, or takes the star away; once more changes nothing. @throws ApiError NOT_FOUND. */
export async function starComment(
  tx: Transaction,
  actor: Actor,
  id: CommentId,
  is_starred: boolean,
): Promise<void> {
  const comment = await lock(tx, actor, id);
  if (comment.is_starred !== is_starred) await change(tx, actor, comment, { is_starred });
}

/**
 * Deletes a comment, with its replies where it begins a thread.
 * @throws ApiError NOT_FOUND; FORBIDDEN for all but its author and the project's owner; PRECONDITION_FAILED.
 */
export async function removeComment(
  tx: Transaction,
  actor: Actor,
  id: CommentId,
  ifMatch: Precondition,
): Promise<void> {
  const comment = await lock(tx, actor, id);
  if (comment.author_id !== actor.id && comment.owner_id !== actor.id) {
    throw new ApiError('FORBIDDEN', { detail: "Only its author or the project's owner deletes a comment." });
  }
  ifMatch.require(comment.version);
  const deleted = await deleteThread(tx, id);
  await publishMany(
    tx,
    deleted.map((gone) => ({
      definition: commentDeleted,
      subject: gone.id,
      version: gone.version + 1,
      data: { project_id: comment.project_id },
      origin: actor.origin,
    })),
  );
}

async function lock(tx: Transaction, actor: Actor, id: CommentId): Promise<CommentState> {
  const comment = await lockComment(tx, id, actor.id);
  if (!comment) throw new ApiError('NOT_FOUND');
  return comment;
}

async function change(
  tx: Transaction,
  actor: Actor,
  comment: CommentState,
  changes: { body: string } | { is_starred: boolean },
): Promise<void> {
  await updateComment(tx, comment.id, changes);
  await publish(tx, commentUpdated, {
    subject: comment.id,
    version: comment.version + 1,
    data: { project_id: comment.project_id, changed: Object.keys(changes) },
    origin: actor.origin,
  });
}

async function requireThread(
  tx: Transaction,
  actor: Actor,
  projectId: ProjectId,
  reply: NewComment,
  parentId: CommentId,
): Promise<void> {
  const parent = await lockComment(tx, parentId, actor.id);
  const fits =
    parent?.project_id === projectId &&
    parent.parent_id === null &&
    parent.entity_type === reply.entity_type &&
    parent.entity_id === (reply.entity_id ?? null) &&
    parent.file_path === (reply.file_path ?? null) &&
    parent.line === (reply.line ?? null);
  if (!fits) {
    throw new ApiError('UNKNOWN_REFERENCE', {
      errors: [{ path: 'body/parent_id', message: 'is not the first comment of a thread on the same thing' }],
    });
  }
}
