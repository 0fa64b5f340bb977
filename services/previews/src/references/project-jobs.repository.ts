import { query, type SweepBatch, type Transaction } from '@hivesync/database';

/**
 * How the jobs of a deleted project go: what they made first, each row counted, so that no batch sets off a cascade of
 * whatever size. What a worker adds meanwhile goes with its job by the foreign key.
 */
function removeJobs(jobs: string, made: string): SweepBatch {
  return async (tx, projectId, limit) => {
    const children = await removed(
      tx,
      `delete from ${made}
        where id in (
                select child.id
                  from ${jobs} as job
                  join ${made} as child on child.job_id = job.id
                 where job.project_id = $1
                 limit $2
              )`,
      projectId,
      limit,
    );
    if (children > 0) return { [made]: children };
    const parents = await removed(
      tx,
      `delete from ${jobs}
        where id in (
                select id
                  from ${jobs}
                 where project_id = $1
                 limit $2
                   for update
              )`,
      projectId,
      limit,
    );
    return { [jobs]: parents };
  };
}

export const removePreviewJobs = removeJobs('preview_jobs', 'preview_artifacts');
export const removeAiDocJobs = removeJobs('ai_doc_jobs', 'ai_doc_history');

async function removed(tx: Transaction, statement: string, id: string, limit: number): Promise<number> {
  const [row] = await query<{ rows: number }>(
    tx,
    `with gone as (${statement} returning 1)
     select count(*)::integer as rows from gone`,
    [id, limit],
  );
  return row?.rows ?? 0;
}
