import { Type } from 'typebox';
import { defineEvent } from './event.ts';

/**
 * The references of all services were audited, or repaired. Subject is the administrator who had it done; where it
 * was done by itself there is no actor, and the subject is the run.
 */
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
