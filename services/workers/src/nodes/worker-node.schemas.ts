import { IdSchema, type WorkerNodeId, WorkerStatus, WorkerType } from '@hivesync/contracts';
import { Page, PageQuery } from '@hivesync/http';
import { type Static, type TSchema, Type } from 'typebox';

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Time = Type.String({ format: 'date-time' });

export const WorkerNodeSchema = Type.Object(
  {
    id: IdSchema<WorkerNodeId>(),
    cloudflare_id: orNull(Type.String()),
    name: Type.String(),
    type: WorkerType,
    status: WorkerStatus,
    capacity: Type.Integer({ description: 'Jobs it runs at once' }),
    software_version: orNull(Type.String()),
    last_heartbeat_at: orNull(Time),
    created_at: Time,
    updated_at: Time,
  },
  { $id: 'WorkerNode', additionalProperties: false },
);
export type WorkerNodeBody = Static<typeof WorkerNodeSchema>;

export const WorkerNodePage = Page(WorkerNodeSchema);

export const WorkerNodeQuery = Type.Object(
  { ...PageQuery.properties, status: Type.Optional(WorkerStatus), type: Type.Optional(WorkerType) },
  { additionalProperties: false },
);
export type WorkerNodeFilter = Pick<Static<typeof WorkerNodeQuery>, 'status' | 'type'>;
