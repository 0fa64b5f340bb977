import {
  Closed,
  IdSchema,
  Nullable,
  type SubscriptionId,
  SubscriptionStatus,
  Tier,
  Timestamp,
} from '@hivesync/contracts';
import type { Static } from 'typebox';

export const Subscription = Closed(
  {
    id: Nullable(IdSchema<SubscriptionId>()),
    status: Nullable(SubscriptionStatus),
    tier: Tier,
    renews_at: Nullable(Timestamp),
    ends_at: Nullable(Timestamp),
    created_at: Nullable(Timestamp),
    updated_at: Nullable(Timestamp),
  },
  {
    $id: 'Subscription',
    description: 'The subscription in force. Who has none is on the free tier: all but `tier` is null.',
  },
);
export type Subscription = Static<typeof Subscription>;
