import type { CommentEntityType, CommentId, ProjectId, UserId } from '@hivesync/contracts';
import { newId, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import { fold } from '../folding.ts';
import { keysetCondition, keysetOrder, type Order, Parameters, type SortKey } from '../keyset.ts';
import { visibleMemberships } from '../members/membership.repository.ts';
import { personSql } from '../references/user-ref.repository.ts';
import type { Comment, NewComment } from './comment.schemas.ts';

const created: SortKey = { sql: 'comment.created_at', type: 'timestamptz' };
const columns = `
  comment.id,
  comment.project_id,
  comment.parent_id,
  comment.entity_type,
  comment.entity_id,
  comment.file_path,
  comment.line,
  ${personSql('author')} as author,
  comment.body,
  comment.is_starred,
  comment.version,
  comment.created_at,
  comment.updated_at`;

export interface CommentState {
  id: CommentId;
  project_id: ProjectId;
  owner_id: UserId;
  author_id: UserId;
  parent_id: CommentId | null;
  entity_type: CommentEntityType;
  entity_id: string | null;
  file_path: string | null;
  line: number | null;
  is_starred: boolean;
  body: string;
  version: number;
}

export interface CommentFilter {
  entityType?: CommentEntityType | undefined;
  entityId?: string | undefined;
  filePath?: string | undefined;
  parentId?: CommentId | undefined;
  starred?: boolean | undefined;
}

export async function insertComment(
  tx: Transaction,
  projectId: ProjectId,
  authorId: UserId,
  comment: NewComment,
): Promise<CommentId> {
  const id = newId<CommentId>();
  await query(
    tx,
    `insert into comments (id, project_id, parent_id, entity_type, entity_id, file_path, line, author_id, body, body_folded)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      id,
      projectId,
      comment.parent_id ?? null,
      comment.entity_type,
      comment.entity_id ?? null,
      comment.file_path ?? null,
      comment.line ?? null,
      authorId,
      comment.body,
      fold(comment.body),
    ],
  );
  return id;
}

/** A comment as its project's members see it; null for all others. */
export async function findComment(tx: Transaction, id: CommentId, userId: UserId): Promise<Comment | null> {
  const [comment] = await query<Comment>(
    tx,
    `select ${columns}
       from comments as comment
       join ${visibleMemberships} as member on member.project_id = comment.project_id
       join user_refs as author on author.id = comment.author_id
      where comment.id = $1
        and member.user_id = $2`,
    [id, userId],
  );
  return comment ?? null;
}

/** Locks a comment for one of its project's members; null for all others. */
export async function lockComment(
  tx: Transaction,
  id: CommentId,
  userId: UserId,
): Promise<CommentState | null> {
  const [comment] = await query<CommentState>(
    tx,
    `select comment.id,
            comment.project_id,
            project.owner_id,
            comment.author_id,
            comment.parent_id,
            comment.entity_type,
            comment.entity_id,
            comment.file_path,
            comment.line,
            comment.is_starred,
            comment.body,
            comment.version
       from comments as comment
       join projects as project on project.id = comment.project_id
       join ${visibleMemberships} as member on member.project_id = comment.project_id
      where comment.id = $1
        and member.user_id = $2
        for update of comment`,
    [id, userId],
  );
  return comment ?? null;
}

export async function listComments(
  tx: Transaction,
  projectId: ProjectId,
  filter: CommentFilter,
  order: Order,
  page: PageRequest,
): Promise<Paged<Comment>[]> {
  const parameters = new Parameters();
  const conditions = [
    ...matching(projectId, filter, parameters),
    keysetCondition(created, 'comment.id', order, page.after, parameters),
  ];
  return query<Paged<Comment>>(
    tx,
    `select ${columns},
            ${created.sql}::text as sort_key
       from comments as comment
       join user_refs as author on author.id = comment.author_id
      where ${conditions.join('\n        and ')}
      order by ${keysetOrder(created, 'comment.id', order)}
      limit ${parameters.bind(page.limit + 1)}`,
    parameters.values,
  );
}

export async function countComments(
  tx: Transaction,
  projectId: ProjectId,
  filter: CommentFilter,
): Promise<number> {
  const parameters = new Parameters();
  const [row] = await query<{ total: number }>(
    tx,
    `select count(*)::integer as total
       from comments as comment
      where ${matching(projectId, filter, parameters).join('\n        and ')}`,
    parameters.values,
  );
  return row?.total ?? 0;
}

function matching(projectId: ProjectId, filter: CommentFilter, parameters: Parameters): string[] {
  const equal: [string, unknown][] = [
    ['comment.project_id', projectId],
    ['comment.entity_type', filter.entityType],
    ['comment.entity_id', filter.entityId],
    ['comment.file_path', filter.filePath],
    ['comment.parent_id', filter.parentId],
    ['comment.is_starred', filter.starred],
  ];
  return equal
    .filter(([, value]) => value !== undefined)
    .map(([column, value]) => `${column} = ${parameters.bind(value)}`);
}

/** Changes a locked comment and gives it a new version. */
export async function updateComment(
  tx: Transaction,
  id: CommentId,
  changes: { body?: string; is_starred?: boolean },
): Promise<void> {
  await query(
    tx,
    `update comments
        set body = coalesce($2, body),
            body_folded = coalesce($3, body_folded),
            is_starred = coalesce($4, is_starred),
            version = version + 1
      where id = $1`,
    [
      id,
      changes.body ?? null,
      changes.body === undefined ? null : fold(changes.body),
      changes.is_starred ?? null,
    ],
  );
}

/** Deletes a comment and the replies to it, and gives each with the version it had. */
export async function deleteThread(
  tx: Transaction,
  id: CommentId,
): Promise<{ id: CommentId; version: number }[]> {
  return query(
    tx,
    `delete from comments
      where id = $1
         or parent_id = $1
      returning id, version`,
    [id],
  );
}
