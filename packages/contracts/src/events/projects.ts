import { Type } from 'typebox';
import { CommentEntityType, MemberRole, TaskStatus } from '../enums.ts';
import { type CommentId, IdSchema, type ProjectId, type UserId } from '../ids.ts';
import { defineEvent } from './event.ts';

const closed = { additionalProperties: false } as const;
const Names = Type.Array(Type.String(), { description: 'Names of the fields that changed' });

/** The fields of a project that other services keep fresh beside its id. */
export const PublicProject = Type.Object({ name: Type.String(), owner_id: IdSchema<UserId>() }, closed);

export const projectCreated = defineEvent('projects.project.created', PublicProject);
export const projectUpdated = defineEvent('projects.project.updated', PublicProject);
export const projectDeleted = defineEvent('projects.project.deleted', Type.Object({}, closed), {
  deletes: true,
});

const Membership = Type.Object(
  {
    project_id: IdSchema<ProjectId>(),
    project_name: Type.String(),
    /** Owner of the project: the one who hears that somebody came or went. */
    owner_id: IdSchema<UserId>(),
    user_id: IdSchema<UserId>(),
    role: MemberRole,
  },
  closed,
);
/** Subject of the member events is the id of the `team_members` row. */
export const memberJoined = defineEvent('projects.member.joined', Membership);
export const memberLeft = defineEvent('projects.member.left', Membership);
/** `user_id` is null while the invited address belongs to nobody. */
export const memberInvited = defineEvent(
  'projects.member.invited',
  Type.Object(
    {
      project_id: IdSchema<ProjectId>(),
      project_name: Type.String(),
      user_id: Type.Union([IdSchema<UserId>(), Type.Null()]),
    },
    closed,
  ),
);
export const invitationDeclined = defineEvent(
  'projects.member.declined',
  Type.Object({ project_id: IdSchema<ProjectId>() }, closed),
);

const Task = {
  project_id: IdSchema<ProjectId>(),
  number: Type.Integer(),
  title: Type.String(),
  status: TaskStatus,
  assignee_id: Type.Union([IdSchema<UserId>(), Type.Null()]),
};
export const taskCreated = defineEvent(
  'projects.task.created',
  Type.Object({ ...Task, created_by: IdSchema<UserId>() }, closed),
);
export const taskUpdated = defineEvent(
  'projects.task.updated',
  Type.Object({ ...Task, changed: Names }, closed),
);
export const taskAssigned = defineEvent(
  'projects.task.assigned',
  Type.Object({ ...Task, assignee_id: IdSchema<UserId>() }, closed),
);
export const taskCompleted = defineEvent(
  'projects.task.completed',
  Type.Object({ ...Task, created_by: Type.Union([IdSchema<UserId>(), Type.Null()]) }, closed),
);
export const taskDeleted = defineEvent(
  'projects.task.deleted',
  Type.Object({ project_id: IdSchema<ProjectId>() }, closed),
  { deletes: true },
);

export const commentAdded = defineEvent(
  'projects.comment.added',
  Type.Object(
    {
      project_id: IdSchema<ProjectId>(),
      entity_type: CommentEntityType,
      entity_id: Type.String(),
      parent_id: Type.Union([IdSchema<CommentId>(), Type.Null()]),
      author_id: IdSchema<UserId>(),
      mentions: Type.Array(IdSchema<UserId>()),
      /** Who else should hear of it: the task's assignee and creator, the parent's author. */
      interested: Type.Array(IdSchema<UserId>()),
    },
    closed,
  ),
);
export const commentUpdated = defineEvent(
  'projects.comment.updated',
  Type.Object({ project_id: IdSchema<ProjectId>(), changed: Names }, closed),
);
export const commentDeleted = defineEvent(
  'projects.comment.deleted',
  Type.Object({ project_id: IdSchema<ProjectId>() }, closed),
  { deletes: true },
);

const InProject = Type.Object({ project_id: IdSchema<ProjectId>(), name: Type.String() }, closed);
export const tagCreated = defineEvent('projects.tag.created', InProject);
export const tagDeleted = defineEvent('projects.tag.deleted', InProject, { deletes: true });
export const labelCreated = defineEvent('projects.label.created', InProject);
export const labelDeleted = defineEvent('projects.label.deleted', InProject, { deletes: true });
/** Subject of the favourite events is the project; who is the actor. */
export const favoriteAdded = defineEvent('projects.favorite.added', Type.Object({}, closed));
export const favoriteRemoved = defineEvent('projects.favorite.removed', Type.Object({}, closed));
