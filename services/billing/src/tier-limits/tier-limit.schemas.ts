import { Closed, limitKeys, StringEnum, Tier, Timestamp } from '@hivesync/contracts';
import { Page } from '@hivesync/http';
import { type Static, Type } from 'typebox';

const LimitKey = StringEnum(limitKeys, { description: 'What is limited' });

export const TierLimit = Closed(
  {
    tier: Tier,
    limit_key: LimitKey,
    value: Type.Integer({ description: 'Bytes, items or requests, as the key says; `gpu` is 0 or 1' }),
    updated_at: Timestamp,
  },
  { $id: 'TierLimit' },
);
export type TierLimit = Static<typeof TierLimit>;

export const TierLimitList = Page(TierLimit);

export const TierLimitParams = Closed({ tier: Tier, limit_key: LimitKey });

export const TierLimitValue = Closed(
  { value: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }) },
  { examples: [{ value: 50 }] },
);
