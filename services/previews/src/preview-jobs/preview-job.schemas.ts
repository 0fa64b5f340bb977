import {
  Closed,
  DeviceType,
  IdSchema,
  JobErrorCode,
  JobStatus,
  Nullable,
  type PreviewJobId,
  type ProjectId,
  Tier,
  Timestamp,
  type UserId,
  type WorkerNodeId,
} from '@hivesync/contracts';
import { PageQuery } from '@hivesync/http';
import { type Static, Type } from 'typebox';

export const ProjectParams = Closed({ project_id: IdSchema<ProjectId>() });

export const PreviewJob = Closed(
  {
    id: IdSchema<PreviewJobId>(),
    project_id: IdSchema<ProjectId>(),
    requested_by: IdSchema<UserId>(),
    requested_by_name: Nullable(Type.String(), {
      description: 'Display name of the requester; null when the account is deleted',
    }),
    tier: Tier,
    status: JobStatus,
    device_type: DeviceType,
    worker_id: Nullable(IdSchema<WorkerNodeId>()),
    error_code: Nullable(JobErrorCode),
    created_at: Timestamp,
    completed_at: Nullable(Timestamp),
  },
  { $id: 'PreviewJob' },
);
export type PreviewJob = Static<typeof PreviewJob>;

export const PreviewJobQuery = Closed({ ...PageQuery.properties, status: Type.Optional(JobStatus) });
export type PreviewJobFilter = Pick<Static<typeof PreviewJobQuery>, 'status'>;
