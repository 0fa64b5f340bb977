import type { ProjectId, TeamMemberId, UserId } from '@hivesync/contracts';
import { newId, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import { fold } from '../folding.ts';
import { keysetCondition, keysetOrder, type Order, Parameters, type SortKey } from '../keyset.ts';
import { visibleMemberships } from '../members/membership.repository.ts';
import type { NewProject, Project, ProjectChanges, ProjectSummary } from './project.schemas.ts';

export interface ProjectFilter {
  favorite?: boolean | undefined;
}
export type ProjectSort = 'created' | 'updated' | 'name';

const sortKeys: Record<ProjectSort, SortKey> = {
  created: { sql: 'project.created_at', type: 'timestamptz' },
  updated: { sql: 'project.updated_at', type: 'timestamptz' },
  name: { sql: 'project.name', type: 'text' },
};

const summary = `
  project.id,
  project.owner_id,
  project.name,
  case when project.owner_id = member.user_id then 'owner' else 'member' end as role,
  exists (
    select
    from project_favorites as favorite
    where favorite.user_id = member.user_id
      and favorite.project_id = project.id
  ) as is_favorite,
  (
    select count(*)::integer
    from tasks as task
    where task.project_id = project.id
      and task.status <> 'done'
  ) as open_task_count,
  project.version,
  project.created_at,
  project.updated_at`;

/** Makes a project and its owner's membership, and gives the id of both. */
export async function insertProject(
  tx: Transaction,
  ownerId: UserId,
  project: NewProject,
): Promise<{ id: ProjectId; memberId: TeamMemberId }> {
  const id = newId<ProjectId>();
  const memberId = newId<TeamMemberId>();
  await query(
    tx,
    `insert into projects (id, owner_id, name, name_folded, description)
     values ($1, $2, $3, $4, $5)`,
    [id, ownerId, project.name, fold(project.name), project.description ?? ''],
  );
  await query(
    tx,
    `insert into team_members (id, project_id, user_id)
     values ($1, $2, $3)`,
    [memberId, id, ownerId],
  );
  return { id, memberId };
}

export async function findProject(tx: Transaction, id: ProjectId, userId: UserId): Promise<Project | null> {
  const [project] = await query<Project>(
    tx,
    `select ${summary},
            project.description
       from projects as project
       join ${visibleMemberships} as member on member.project_id = project.id
      where project.id = $1
        and member.user_id = $2`,
    [id, userId],
  );
  return project ?? null;
}

/** The projects that the person is a member of. */
export async function listProjects(
  tx: Transaction,
  userId: UserId,
  filter: ProjectFilter,
  sort: ProjectSort,
  order: Order,
  page: PageRequest,
): Promise<Paged<ProjectSummary>[]> {
  const key = sortKeys[sort];
  const parameters = new Parameters();
  const conditions = [
    ...visible(userId, filter, parameters),
    keysetCondition(key, 'project.id', order, page.after, parameters),
  ];
  return query<Paged<ProjectSummary>>(
    tx,
    `select ${summary},
            ${key.sql}::text as sort_key
       from ${visibleMemberships} as member
       join projects as project on project.id = member.project_id
      where ${conditions.join('\n        and ')}
      order by ${keysetOrder(key, 'project.id', order)}
      limit ${parameters.bind(page.limit + 1)}`,
    parameters.values,
  );
}

export async function countProjects(tx: Transaction, userId: UserId, filter: ProjectFilter): Promise<number> {
  const parameters = new Parameters();
  const [row] = await query<{ total: number }>(
    tx,
    `select count(*)::integer as total
       from ${visibleMemberships} as member
       join projects as project on project.id = member.project_id
      where ${visible(userId, filter, parameters).join('\n        and ')}`,
    parameters.values,
  );
  return row?.total ?? 0;
}

function visible(userId: UserId, filter: ProjectFilter, parameters: Parameters): string[] {
  const conditions = [`member.user_id = ${parameters.bind(userId)}`];
  if (filter.favorite !== undefined) {
    conditions.push(`${filter.favorite ? '' : 'not '}exists (
          select
          from project_favorites as favorite
          where favorite.user_id = member.user_id
            and favorite.project_id = project.id
        )`);
  }
  return conditions;
}

/** Changes the project, which the caller has locked; false where all is as it was. */
export async function updateProject(
  tx: Transaction,
  id: ProjectId,
  changes: ProjectChanges,
): Promise<boolean> {
  const rows = await query<{ id: ProjectId }>(
    tx,
    `update projects
        set name = coalesce($2, name),
            name_folded = coalesce($3, name_folded),
            description = coalesce($4, description),
            owner_id = coalesce($5, owner_id),
            version = version + 1
      where id = $1
        and (name, description, owner_id)
              is distinct from (coalesce($2, name), coalesce($4, description), coalesce($5, owner_id))
      returning id`,
    [
      id,
      changes.name ?? null,
      changes.name === undefined ? null : fold(changes.name),
      changes.description ?? null,
      changes.owner_id ?? null,
    ],
  );
  return rows.length === 1;
}

/** What other services may know of these projects; those that do not exist are left out. */
export async function resolveProjects(
  tx: Transaction,
  ids: readonly ProjectId[],
): Promise<{ id: ProjectId; version: number; data: { name: string; owner_id: UserId } }[]> {
  return query(
    tx,
    `select id,
            version,
            json_build_object('name', name, 'owner_id', owner_id) as data
       from projects
      where id = any($1::uuid[])
        and deleted_at is null`,
    [ids],
  );
}
