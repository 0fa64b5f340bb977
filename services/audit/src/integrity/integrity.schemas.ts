import { IntegrityBody, IntegrityFinding, PageQuery } from '@hivesync/http';
import { Type } from 'typebox';

/** Short enough to be answered before the gateway gives up: the grace comes on top of the looking. */
export const lookingSeconds = 10;
const Grace = Type.Integer({
  default: 5,
  minimum: 0,
  maximum: 10,
  description: 'Seconds for which something must be wrong to count: events that are on their way are not',
});

export const IntegrityQuery = Type.Object(
  {
    aggregate: IntegrityBody.properties.aggregate,
    grace_seconds: Grace,
    cursor: PageQuery.properties.cursor,
  },
  { additionalProperties: false },
);

/** A repair asks for the same, in its body. */
export const IntegrityRepair = Type.Object(IntegrityQuery.properties, {
  additionalProperties: false,
  examples: [{ aggregate: 'identity.user', grace_seconds: 5 }],
});

export const IntegrityPage = Type.Object(
  {
    items: Type.Array(IntegrityFinding),
    deletions: Type.Integer({
      minimum: 0,
      description: 'Ids among them whose rows would have to go, which a repair does not do by itself',
    }),
    examined: Type.Integer({ minimum: 0, description: 'References looked at for this page' }),
    next_cursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Null when everything has been looked at',
    }),
  },
  { $id: 'IntegrityPage', additionalProperties: false },
);
