import type { ProjectId } from '@hivesync/contracts';
import { type DataSource, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import type { PreviewJob, PreviewJobFilter } from './preview-job.schemas.ts';

/** The newest preview jobs of a project that match; `limit` + 1 of them, to tell whether more follow. */
export function listPreviewJobs(
  source: DataSource | Transaction,
  projectId: ProjectId,
  filter: PreviewJobFilter,
  { after, limit }: PageRequest,
): Promise<Paged<PreviewJob>[]> {
  return query<Paged<PreviewJob>>(
    source,
    `select job.id,
            job.project_id,
            job.requested_by,
            requester.display_name as requested_by_name,
            job.tier,
            job.status,
            job.device_type,
            job.worker_id,
            job.error_code,
            job.created_at,
            job.created_at::text as sort_key,
            job.completed_at
     from preview_jobs as job
     join user_refs as requester on requester.id = job.requested_by
     where job.project_id = $1
       and ($2::job_status is null or job.status = $2)
       and ($3::timestamptz is null or (job.created_at, job.id) < ($3, $4::uuid))
     order by job.created_at desc, job.id desc
     limit $5`,
    [projectId, filter.status ?? null, after?.sort ?? null, after?.id ?? null, limit + 1],
  );
}

export async function countPreviewJobs(
  source: DataSource | Transaction,
  projectId: ProjectId,
  filter: PreviewJobFilter,
): Promise<number> {
  const [row] = await query<{ total: number }>(
    source,
    `select count(*)::integer as total
     from preview_jobs
     where project_id = $1
       and ($2::job_status is null or status = $2)`,
    [projectId, filter.status ?? null],
  );
  return row!.total;
}
