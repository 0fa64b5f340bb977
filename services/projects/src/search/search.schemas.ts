import { Closed, IdSchema, Nullable, type ProjectId, StringEnum, Text } from '@hivesync/contracts';
import { PageQuery } from '@hivesync/http';
import { type Static, Type } from 'typebox';

export const searchTypes = ['project', 'task', 'comment'] as const;
const SearchType = StringEnum(searchTypes);
export type SearchType = Static<typeof SearchType>;

export const SearchQuery = Type.Object(
  {
    ...PageQuery.properties,
    q: Text(200, { description: 'At least 2 characters' }),
    type: Type.Optional(Type.Array(SearchType, { maxItems: 3, description: 'Only these; may be repeated' })),
    project_id: Type.Optional(IdSchema<ProjectId>()),
  },
  { additionalProperties: false },
);
export type SearchQuery = Static<typeof SearchQuery>;

export const SearchHit = Closed(
  {
    type: SearchType,
    id: Type.String({ format: 'uuid' }),
    project: Closed({ id: IdSchema<ProjectId>(), name: Type.String() }),
    task_number: Nullable(Type.Integer({ description: 'Of a task, or of the task that a comment is about' })),
    text: Type.String({ description: 'Name, title, or the part of the comment around the first match' }),
    highlights: Type.Array(Closed({ start: Type.Integer(), end: Type.Integer() }), {
      description:
        'Matches within `text`, in UTF-16 code units, end exclusive; empty where it is only similar',
    }),
    rank: Type.Number({ description: 'Literal matches are above 1, merely similar ones below' }),
  },
  { $id: 'SearchHit' },
);
export type SearchHit = Static<typeof SearchHit>;
