import { limitKeys, StringEnum, Tier } from '@hivesync/contracts';
import { Page } from '@hivesync/http';
import { type Static, Type } from 'typebox';

export const LimitKey = StringEnum(limitKeys);

export const TierLimitSchema = Type.Object(
  {
    tier: Tier,
    limit_key: LimitKey,
    value: Type.Integer({ description: 'Bytes, items or requests, as the key says; `gpu` is 0 or 1' }),
    updated_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'TierLimit', additionalProperties: false },
);
export type TierLimitBody = Static<typeof TierLimitSchema>;

export const TierLimitList = Page(TierLimitSchema);

export const TierLimitParams = Type.Object({ tier: Tier, limit_key: LimitKey });

export const TierLimitValue = Type.Object(
  { value: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }) },
  { additionalProperties: false },
);
