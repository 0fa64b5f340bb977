import { defineDatabase } from '@hivesync/database';
import { AiDocHistory } from '../ai-docs/ai-doc-history.entity.ts';
import { AiDocJob } from '../ai-docs/ai-doc-job.entity.ts';
import { ProjectMember } from '../members/project-member.entity.ts';
import { PreviewArtifact } from '../preview-jobs/preview-artifact.entity.ts';
import { PreviewJob } from '../preview-jobs/preview-job.entity.ts';
import { removeAiDocJobs, removePreviewJobs } from '../references/project-jobs.repository.ts';
import { ProjectRef } from '../references/project-ref.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';
import { WorkerRef } from '../references/worker-ref.entity.ts';
import { CreatePlatformTables1763800000000 } from './migrations/1763800000000-create-platform-tables.ts';
import { CreateReferenceTables1763800001000 } from './migrations/1763800001000-create-reference-tables.ts';
import { CreateProjectMembers1763800002000 } from './migrations/1763800002000-create-project-members.ts';
import { CreatePreviewJobs1763800003000 } from './migrations/1763800003000-create-preview-jobs.ts';
import { CreateAiDocJobs1763800004000 } from './migrations/1763800004000-create-ai-doc-jobs.ts';
import { CreateReferenceSweeps1763900000000 } from './migrations/1763900000000-create-reference-sweeps.ts';
import { ForgetDeletedPeople1764000400000 } from './migrations/1764000400000-forget-deleted-people.ts';
import { KeepTombstones1764000700000 } from './migrations/1764000700000-keep-tombstones.ts';
import { AddFeedEpochs1764170000000 } from './migrations/1764170000000-add-feed-epochs.ts';
import { KeepUnknownEvents1764170001000 } from './migrations/1764170001000-keep-unknown-events.ts';

export const database = defineDatabase({
  service: 'previews',
  entities: [
    UserRef,
    ProjectRef,
    WorkerRef,
    ProjectMember,
    PreviewJob,
    PreviewArtifact,
    AiDocJob,
    AiDocHistory,
  ],
  migrations: [
    CreatePlatformTables1763800000000,
    CreateReferenceTables1763800001000,
    CreateProjectMembers1763800002000,
    CreatePreviewJobs1763800003000,
    CreateAiDocJobs1763800004000,
    CreateReferenceSweeps1763900000000,
    ForgetDeletedPeople1764000400000,
    KeepTombstones1764000700000,
    AddFeedEpochs1764170000000,
    KeepUnknownEvents1764170001000,
  ],
  cascades: {
    'preview_jobs.project_id': removePreviewJobs,
    'ai_doc_jobs.project_id': removeAiDocJobs,
  },
  plainIds: {
    'project_refs.owner_id': 'a field of the project, copied; who may see its jobs is project_members',
  },
  unchangingTables: {
    preview_artifacts: 'an artifact is never changed; a newer one has the next version',
    ai_doc_history: 'what a job wrote is history',
  },
});
