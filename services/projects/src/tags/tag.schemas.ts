import { Closed, IdSchema, Name, type ProjectId, type ProjectTagId, Timestamp } from '@hivesync/contracts';
import { type Static, Type } from 'typebox';
import { Color } from '../fields.schemas.ts';

export const TagParams = Closed({ project_id: IdSchema<ProjectId>(), tag_id: IdSchema<ProjectTagId>() });
export const NewTag = Closed(
  { name: Name(200), color: Color },
  { examples: [{ name: 'mobile', color: '#0077bb' }] },
);
export type NewTag = Static<typeof NewTag>;
export const Tag = Closed(
  {
    id: IdSchema<ProjectTagId>(),
    project_id: IdSchema<ProjectId>(),
    name: Type.String(),
    color: Color,
    created_at: Timestamp,
  },
  { $id: 'Tag' },
);
export type Tag = Static<typeof Tag>;
