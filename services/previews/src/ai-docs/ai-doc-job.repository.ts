import type { ProjectId } from '@hivesync/contracts';
import { type DataSource, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import type { AiDocJob, AiDocJobFilter } from './ai-doc-job.schemas.ts';

/** The newest documentation jobs of a project that match; `limit` + 1 of them, to tell whether more follow. */
export function listAiDocJobs(
  source: DataSource | Transaction,
  projectId: ProjectId,
  filter: AiDocJobFilter,
  { after, limit }: PageRequest,
): Promise<Paged<AiDocJob>[]> {
  return query<Paged<AiDocJob>>(
    source,
    `select job.id,
            job.project_id,
            job.file_path,
            job.requester_id,
            requester.display_name as requester_name,
            job.tier,
            job.status,
            job.created_at,
            job.created_at::text as sort_key,
            job.completed_at
     from ai_doc_jobs as job
     join user_refs as requester on requester.id = job.requester_id
     where job.project_id = $1
       and ($2::job_status is null or job.status = $2)
       and ($3::timestamptz is null or (job.created_at, job.id) < ($3, $4::uuid))
     order by job.created_at desc, job.id desc
     limit $5`,
    [projectId, filter.status ?? null, after?.sort ?? null, after?.id ?? null, limit + 1],
  );
}

export async function countAiDocJobs(
  source: DataSource | Transaction,
  projectId: ProjectId,
  filter: AiDocJobFilter,
): Promise<number> {
  const [row] = await query<{ total: number }>(
    source,
    `select count(*)::integer as total
     from ai_doc_jobs
     where project_id = $1
       and ($2::job_status is null or status = $2)`,
    [projectId, filter.status ?? null],
  );
  return row!.total;
}
