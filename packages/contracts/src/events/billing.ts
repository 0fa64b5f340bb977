import { Type } from 'typebox';
import { Tier } from '../enums.ts';
import { IdSchema, type UserId } from '../ids.ts';
import { defineEvent } from './event.ts';

/** Subject is `<tier>:<limit_key>`. */
export const tierLimitChanged = defineEvent(
  'billing.tier_limit.changed',
  Type.Object(
    { tier: Tier, limit_key: Type.String(), value: Type.Integer() },
    { additionalProperties: false },
  ),
);

/** It has been decided that a subscription ends; the provider has not been asked yet. */
export const subscriptionCancelRequested = defineEvent(
  'billing.subscription.cancel_requested',
  Type.Object(
    { user_id: IdSchema<UserId>(), reason: Type.Enum(['account_deleted']) },
    { additionalProperties: false },
  ),
);

/** The provider renews a subscription no more: it has said so, or does not know it. */
export const subscriptionCancelAcknowledged = defineEvent(
  'billing.subscription.cancel_acknowledged',
  Type.Object(
    {
      user_id: IdSchema<UserId>(),
      outcome: Type.Enum(['canceled', 'not_found']),
      attempts: Type.Integer({ description: 'How often the provider was asked' }),
    },
    { additionalProperties: false },
  ),
);
