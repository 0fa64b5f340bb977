import {
  Closed,
  IdSchema,
  MemberRole,
  Name,
  type ProjectId,
  StringEnum,
  Timestamp,
  type UserId,
} from '@hivesync/contracts';
import { PageQuery } from '@hivesync/http';
import { type Static, Type } from 'typebox';
import { Description, Order } from '../fields.schemas.ts';

export const ProjectParams = Closed({ project_id: IdSchema<ProjectId>() });

/** A project in a list: without the description, which may be long. */
export const ProjectSummary = Closed(
  {
    id: IdSchema<ProjectId>(),
    owner_id: IdSchema<UserId>(),
    name: Type.String(),
    role: MemberRole,
    is_favorite: Type.Boolean(),
    open_task_count: Type.Integer({ description: 'Tasks that are not done' }),
    version: Type.Integer(),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: 'ProjectSummary' },
);
export type ProjectSummary = Static<typeof ProjectSummary>;

export const Project = Closed(
  { ...ProjectSummary.properties, description: Type.String() },
  { $id: 'Project' },
);
export type Project = Static<typeof Project>;

export const NewProject = Closed(
  { name: Name(200), description: Type.Optional(Description) },
  { examples: [{ name: 'Atlas', description: 'Maps of everything' }] },
);
export type NewProject = Static<typeof NewProject>;

export const ProjectChanges = Type.Object(
  {
    name: Type.Optional(Name(200)),
    description: Type.Optional(Description),
    owner_id: Type.Optional(IdSchema<UserId>({ description: 'A member, who becomes the owner' })),
  },
  { additionalProperties: false, minProperties: 1, examples: [{ description: 'Maps of nearly everything' }] },
);
export type ProjectChanges = Static<typeof ProjectChanges>;

export const ProjectDeletionBody = Closed(
  {
    confirm: Name(200, { description: "The project's name, as a confirmation" }),
  },
  { examples: [{ confirm: 'Atlas' }] },
);
export const ProjectDeletionAccepted = Closed(
  {
    id: IdSchema<ProjectId>(),
    state: Type.Literal('deleting', { description: 'Nobody sees it any more; its rows are being removed' }),
  },
  { $id: 'ProjectDeletionAccepted' },
);

export const projectSorts = ['created', 'updated', 'name'] as const;
export const ProjectListQuery = Type.Object(
  {
    ...PageQuery.properties,
    favorite: Type.Optional(Type.Boolean({ description: 'Only favourites, or only others' })),
    sort: StringEnum(projectSorts, { default: 'created', description: 'What to sort by' }),
    order: Order('desc'),
  },
  { additionalProperties: false },
);
export type ProjectListQuery = Static<typeof ProjectListQuery>;
