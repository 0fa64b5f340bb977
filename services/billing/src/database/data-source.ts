import { defineDatabase } from '@hivesync/database';
import { SubscriptionCancellation } from '../cancellations/subscription-cancellation.entity.ts';
import { cancellationsUnderWay } from '../cancellations/subscription-cancellation.repository.ts';
import { cancelSubscriptionsOf } from '../cancellations/subscription-cancellation.service.ts';
import { ProviderEvent } from '../provider-events/provider-event.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';
import { Subscription } from '../subscriptions/subscription.entity.ts';
import { TierLimit } from '../tier-limits/tier-limit.entity.ts';
import { CreatePlatformTables1763800000000 } from './migrations/1763800000000-create-platform-tables.ts';
import { CreateTierLimits1763800001000 } from './migrations/1763800001000-create-tier-limits.ts';
import { CreateSubscriptions1763800002000 } from './migrations/1763800002000-create-subscriptions.ts';
import { CreateProviderEvents1763800003000 } from './migrations/1763800003000-create-provider-events.ts';
import { CreateReferenceSweeps1763900000000 } from './migrations/1763900000000-create-reference-sweeps.ts';
import { CreateSubscriptionCancellations1764000000000 } from './migrations/1764000000000-create-subscription-cancellations.ts';
import { ForgetDeletedPeople1764000400000 } from './migrations/1764000400000-forget-deleted-people.ts';
import { KeepTombstones1764000700000 } from './migrations/1764000700000-keep-tombstones.ts';
import { AddFeedEpochs1764170000000 } from './migrations/1764170000000-add-feed-epochs.ts';
import { KeepUnknownEvents1764170001000 } from './migrations/1764170001000-keep-unknown-events.ts';

export const database = defineDatabase({
  service: 'billing',
  entities: [UserRef, TierLimit, Subscription, SubscriptionCancellation, ProviderEvent],
  migrations: [
    CreatePlatformTables1763800000000,
    CreateTierLimits1763800001000,
    CreateSubscriptions1763800002000,
    CreateProviderEvents1763800003000,
    CreateReferenceSweeps1763900000000,
    CreateSubscriptionCancellations1764000000000,
    ForgetDeletedPeople1764000400000,
    KeepTombstones1764000700000,
    AddFeedEpochs1764170000000,
    KeepUnknownEvents1764170001000,
  ],
  cascades: { 'subscriptions.user_id': cancelSubscriptionsOf },
  awaits: { 'identity.user': cancellationsUnderWay },
  plainIds: {
    'subscriptions.subscription_id': 'an id of the provider',
    'provider_events.webhook_id': 'an id of the provider',
    'provider_events.data_id': 'an id of the provider',
  },
});
