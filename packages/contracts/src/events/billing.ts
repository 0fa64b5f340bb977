import { Type } from 'typebox';
import { Tier } from '../enums.ts';
import { defineEvent } from './event.ts';

/** Subject is `<tier>:<limit_key>`. */
export const tierLimitChanged = defineEvent(
  'billing.tier_limit.changed',
  Type.Object(
    { tier: Tier, limit_key: Type.String(), value: Type.Integer() },
    { additionalProperties: false },
  ),
);
