import {
  Closed,
  CommentEntityType,
  type CommentId,
  IdSchema,
  Nullable,
  type ProjectId,
  Text,
  Timestamp,
} from '@hivesync/contracts';
import { PageQuery } from '@hivesync/http';
import { type Static, Type } from 'typebox';
import { Order, Person } from '../fields.schemas.ts';

export const CommentParams = Closed({ comment_id: IdSchema<CommentId>() });
const Body = Text(20_000, { min: 1, description: '`@[<user_id>]` mentions a member' });
const FilePath = Text(1024, { min: 1 });
const Line = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
const EntityId = Type.String({ format: 'uuid' });

/** What a comment is about: `entity_id` of a thing, or `file_path` and `line` where `entity_type` is `code`. */
export const NewComment = Closed(
  {
    entity_type: CommentEntityType,
    entity_id: Type.Optional(EntityId),
    file_path: Type.Optional(FilePath),
    line: Type.Optional(Line),
    parent_id: Type.Optional(
      Nullable(IdSchema<CommentId>({ description: 'The first comment of the thread' })),
    ),
    body: Body,
  },
  { examples: [{ entity_type: 'code', file_path: 'src/login.ts', line: 12, body: 'This runs twice.' }] },
);
export type NewComment = Static<typeof NewComment>;

export const CommentChanges = Closed(
  { body: Body },
  { examples: [{ body: 'This runs twice, and need not.' }] },
);

export const Comment = Closed(
  {
    id: IdSchema<CommentId>(),
    project_id: IdSchema<ProjectId>(),
    parent_id: Nullable(IdSchema<CommentId>()),
    entity_type: CommentEntityType,
    entity_id: Nullable(EntityId),
    file_path: Nullable(Type.String()),
    line: Nullable(Type.Integer()),
    author: Person,
    body: Type.String(),
    is_starred: Type.Boolean(),
    version: Type.Integer(),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: 'Comment' },
);
export type Comment = Static<typeof Comment>;

export const CommentListQuery = Type.Object(
  {
    ...PageQuery.properties,
    entity_type: Type.Optional(CommentEntityType),
    entity_id: Type.Optional(EntityId),
    file_path: Type.Optional(Text(1024, { min: 1, description: 'File whose lines they are about' })),
    parent_id: Type.Optional(IdSchema<CommentId>({ description: 'Replies in this thread' })),
    starred: Type.Optional(Type.Boolean({ description: 'Only those with a star, or only others' })),
    order: Order('asc'),
  },
  { additionalProperties: false },
);
export type CommentListQuery = Static<typeof CommentListQuery>;
