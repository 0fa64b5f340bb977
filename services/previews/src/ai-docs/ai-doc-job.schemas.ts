import {
  type AiDocJobId,
  Closed,
  IdSchema,
  JobStatus,
  Nullable,
  type ProjectId,
  Tier,
  Timestamp,
  type UserId,
} from '@hivesync/contracts';
import { PageQuery } from '@hivesync/http';
import { type Static, Type } from 'typebox';

export const AiDocJob = Closed(
  {
    id: IdSchema<AiDocJobId>(),
    project_id: IdSchema<ProjectId>(),
    file_path: Type.String(),
    requester_id: IdSchema<UserId>(),
    requester_name: Nullable(Type.String(), {
      description: 'Display name of the requester; null when the account is deleted',
    }),
    tier: Tier,
    status: JobStatus,
    created_at: Timestamp,
    completed_at: Nullable(Timestamp),
  },
  { $id: 'AiDocJob' },
);
export type AiDocJob = Static<typeof AiDocJob>;

export const AiDocJobQuery = Closed({ ...PageQuery.properties, status: Type.Optional(JobStatus) });
export type AiDocJobFilter = Pick<Static<typeof AiDocJobQuery>, 'status'>;
