import {
  DeviceType,
  IdSchema,
  JobErrorCode,
  JobStatus,
  type PreviewJobId,
  type ProjectId,
  Tier,
  type UserId,
  type WorkerNodeId,
} from '@hivesync/contracts';
import { Page, PageQuery } from '@hivesync/http';
import { type Static, Type } from 'typebox';

const Time = Type.String({ format: 'date-time' });

export const ProjectParams = Type.Object({ project_id: IdSchema<ProjectId>() });

export const PreviewJobSchema = Type.Object(
  {
    id: IdSchema<PreviewJobId>(),
    project_id: IdSchema<ProjectId>(),
    requested_by: IdSchema<UserId>(),
    requested_by_name: Type.Union([Type.String(), Type.Null()], {
      description: 'Display name of the requester; null when the account is deleted',
    }),
    tier: Tier,
    status: JobStatus,
    device_type: DeviceType,
    worker_id: Type.Union([IdSchema<WorkerNodeId>(), Type.Null()]),
    error_code: Type.Union([JobErrorCode, Type.Null()]),
    created_at: Time,
    completed_at: Type.Union([Time, Type.Null()]),
  },
  { $id: 'PreviewJob', additionalProperties: false },
);
export type PreviewJobBody = Static<typeof PreviewJobSchema>;

export const PreviewJobPage = Page(PreviewJobSchema);

export const PreviewJobQuery = Type.Object(
  { ...PageQuery.properties, status: Type.Optional(JobStatus) },
  { additionalProperties: false },
);
export type PreviewJobFilter = Pick<Static<typeof PreviewJobQuery>, 'status'>;
