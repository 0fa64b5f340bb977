import type { ProjectId, ProjectTagId } from '@hivesync/contracts';
import { newId, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import { keysetCondition, keysetOrder, Parameters, type SortKey } from '../keyset.ts';
import type { NewTag, Tag } from './tag.schemas.ts';

const columns = 'tag.id, tag.project_id, tag.name, tag.color, tag.created_at';
const byName: SortKey = { sql: 'tag.name', type: 'text' };

/** Adds a tag; null where the project has one of that name. */
export async function insertTag(tx: Transaction, projectId: ProjectId, tag: NewTag): Promise<Tag | null> {
  const [made] = await query<Tag>(
    tx,
    `insert into project_tags as tag (id, project_id, name, color)
     values ($1, $2, $3, $4)
     on conflict (project_id, name) do nothing
     returning ${columns}`,
    [newId<ProjectTagId>(), projectId, tag.name, tag.color.toLowerCase()],
  );
  return made ?? null;
}

export async function listTags(
  tx: Transaction,
  projectId: ProjectId,
  page: PageRequest,
): Promise<Paged<Tag>[]> {
  const parameters = new Parameters();
  return query<Paged<Tag>>(
    tx,
    `select ${columns},
            tag.name as sort_key
       from project_tags as tag
      where tag.project_id = ${parameters.bind(projectId)}
        and ${keysetCondition(byName, 'tag.id', 'asc', page.after, parameters)}
      order by ${keysetOrder(byName, 'tag.id', 'asc')}
      limit ${parameters.bind(page.limit + 1)}`,
    parameters.values,
  );
}

export async function countTags(tx: Transaction, projectId: ProjectId): Promise<number> {
  const [row] = await query<{ total: number }>(
    tx,
    `select count(*)::integer as total
       from project_tags
      where project_id = $1`,
    [projectId],
  );
  return row?.total ?? 0;
}

/** Deletes a tag and gives its name; null where the project has no such tag. */
export async function deleteTag(
  tx: Transaction,
  projectId: ProjectId,
  id: ProjectTagId,
): Promise<string | null> {
  const [tag] = await query<{ name: string }>(
    tx,
    `delete from project_tags
      where project_id = $1
        and id = $2
      returning name`,
    [projectId, id],
  );
  return tag?.name ?? null;
}
