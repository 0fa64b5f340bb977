import { type AiDocJobId, IdSchema, JobStatus, type ProjectId, Tier, type UserId } from '@hivesync/contracts';
import { Page, PageQuery } from '@hivesync/http';
import { type Static, Type } from 'typebox';

const Time = Type.String({ format: 'date-time' });

export const AiDocJobSchema = Type.Object(
  {
    id: IdSchema<AiDocJobId>(),
    project_id: IdSchema<ProjectId>(),
    file_path: Type.String(),
    requester_id: IdSchema<UserId>(),
    requester_name: Type.Union([Type.String(), Type.Null()], {
      description: 'Display name of the requester; null when the account is deleted',
    }),
    tier: Tier,
    status: JobStatus,
    created_at: Time,
    completed_at: Type.Union([Time, Type.Null()]),
  },
  { $id: 'AiDocJob', additionalProperties: false },
);
export type AiDocJobBody = Static<typeof AiDocJobSchema>;

export const AiDocJobPage = Page(AiDocJobSchema);

export const AiDocJobQuery = Type.Object(
  { ...PageQuery.properties, status: Type.Optional(JobStatus) },
  { additionalProperties: false },
);
export type AiDocJobFilter = Pick<Static<typeof AiDocJobQuery>, 'status'>;
