import type { ProjectId, UserId } from '@hivesync/contracts';
import { query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import { fold } from '../folding.ts';
import { containing, keysetCondition, keysetOrder, Parameters, type SortKey } from '../keyset.ts';
import { visibleMemberships } from '../members/membership.repository.ts';
import type { SearchHit, SearchType } from './search.schemas.ts';

export interface Search {
  userId: UserId;
  /** 2 to 200 characters. */
  text: string;
  types: readonly SearchType[];
  projectId?: ProjectId | undefined;
}

const byRank: SortKey = { sql: 'hit.rank', type: 'real' };
/** Characters of a comment that are looked at around its first match. Folding may move it a little. */
const surroundings = { length: 900, before: 300 };

/** Hits in what the person may see, the best first. */
export async function search(
  tx: Transaction,
  wanted: Search,
  page: PageRequest,
): Promise<Paged<Omit<SearchHit, 'highlights'>>[]> {
  const parameters = new Parameters();
  const hits = hitsSql(wanted, parameters);
  return query<Paged<Omit<SearchHit, 'highlights'>>>(
    tx,
    `select hit.type,
            hit.id,
            json_build_object('id', project.id, 'name', project.name) as project,
            hit.task_number,
            hit.text,
            hit.rank,
            ${byRank.sql}::text as sort_key
       from (${hits}) as hit
       join projects as project on project.id = hit.project_id
      where ${keysetCondition(byRank, 'hit.id', 'desc', page.after, parameters)}
      order by ${keysetOrder(byRank, 'hit.id', 'desc')}
      limit ${parameters.bind(page.limit + 1)}`,
    parameters.values,
  );
}

export async function countHits(tx: Transaction, wanted: Search): Promise<number> {
  const parameters = new Parameters();
  const [row] = await query<{ total: number }>(
    tx,
    `select count(*)::integer as total
       from (${hitsSql(wanted, parameters)}) as hit`,
    parameters.values,
  );
  return row?.total ?? 0;
}

/** All hits, as `type, id, project_id, task_number, text, rank`. Both conditions are ones of the trigram index of the folded text. */
export function hitsSql(wanted: Search, parameters: Parameters): string {
  const text = `${parameters.bind(fold(wanted.text))}::text`;
  const pattern = `${parameters.bind(containing(wanted.text))}::text`;
  const user = `${parameters.bind(wanted.userId)}::uuid`;
  const only = wanted.projectId ? ` and member.project_id = ${parameters.bind(wanted.projectId)}::uuid` : '';
  const visible = (column: string): string => `${column} in (
          select member.project_id
          from ${visibleMemberships} as member
          where member.user_id = ${user}${only}
        )`;
  const matches = (column: string): string => `(${column} like ${pattern} or ${text} <% ${column})`;
  const rank = (column: string): string =>
    `(word_similarity(${text}, ${column}) + (${column} like ${pattern})::integer)::real as rank`;

  const branches: Record<SearchType, string> = {
    project: `
       select 'project' as type,
              project.id,
              project.id as project_id,
              null::integer as task_number,
              project.name as text,
              ${rank('project.name_folded')}
         from projects as project
        where ${matches('project.name_folded')}
          and ${visible('project.id')}`,
    task: `
       select 'task' as type,
              task.id,
              task.project_id,
              task.number as task_number,
              task.title as text,
              ${rank('task.title_folded')}
         from tasks as task
        where ${matches('task.title_folded')}
          and ${visible('task.project_id')}`,
    comment: `
       select 'comment' as type,
              comment.id,
              comment.project_id,
              task.number as task_number,
              substr(
                comment.body,
                greatest(1, strpos(comment.body_folded, ${text}) - ${surroundings.before}),
                ${surroundings.length}
              ) as text,
              ${rank('comment.body_folded')}
         from comments as comment
         left join tasks as task on task.id = comment.task_id
        where ${matches('comment.body_folded')}
          and ${visible('comment.project_id')}`,
  };
  return wanted.types.map((type) => branches[type]).join('\n       union all');
}
