import {
  Closed,
  IdSchema,
  Name,
  type ProjectId,
  type TaskId,
  type TaskLabelId,
  Timestamp,
} from '@hivesync/contracts';
import { type Static, Type } from 'typebox';
import { Color } from '../fields.schemas.ts';

export const LabelParams = Closed({ project_id: IdSchema<ProjectId>(), label_id: IdSchema<TaskLabelId>() });
export const TaskLabelParams = Closed({ task_id: IdSchema<TaskId>(), label_id: IdSchema<TaskLabelId>() });
export const NewLabel = Closed(
  { name: Name(200), color: Color },
  { examples: [{ name: 'bug', color: '#cc3311' }] },
);
export type NewLabel = Static<typeof NewLabel>;
export const Label = Closed(
  {
    id: IdSchema<TaskLabelId>(),
    project_id: IdSchema<ProjectId>(),
    name: Type.String(),
    color: Color,
    created_at: Timestamp,
  },
  { $id: 'Label' },
);
export type Label = Static<typeof Label>;
