import { Type } from 'typebox';
import { defineEvent } from './event.ts';

/** An administrator had the references of all services audited, or repaired. Subject is the administrator. */
export const integrityAudited = defineEvent(
  'audit.integrity.audited',
  Type.Object(
    {
      repair: Type.Boolean(),
      examined: Type.Integer({ minimum: 0 }),
      found: Type.Integer({ minimum: 0 }),
      repaired: Type.Integer({ minimum: 0 }),
    },
    { additionalProperties: false },
  ),
);
