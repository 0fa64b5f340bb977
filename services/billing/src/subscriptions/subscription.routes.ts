import type { DataSource } from '@hivesync/database';
import type { App } from '@hivesync/http';
import { findSubscriptionInForce, type SubscriptionRow } from './subscription.repository.ts';
import { type SubscriptionBody, SubscriptionSchema } from './subscription.schemas.ts';

/** For the person whose subscription it is. */
export async function subscriptionRoutes(
  app: App,
  { dataSource }: { dataSource: DataSource },
): Promise<void> {
  app.get(
    '/api/v1/billing/subscription',
    {
      preHandler: app.requireUser,
      schema: {
        operationId: 'readSubscription',
        summary: 'Read my subscription',
        tags: ['billing'],
        response: { 200: SubscriptionSchema },
      },
    },
    async (request) => {
      const subscription = await findSubscriptionInForce(dataSource, request.user.id);
      return subscription ? toBody(subscription) : free;
    },
  );
}

const free: SubscriptionBody = {
  id: null,
  status: null,
  tier: 'free',
  renews_at: null,
  ends_at: null,
  created_at: null,
  updated_at: null,
};

function toBody({
  renews_at,
  ends_at,
  created_at,
  updated_at,
  ...subscription
}: SubscriptionRow): SubscriptionBody {
  return {
    ...subscription,
    renews_at: renews_at?.toISOString() ?? null,
    ends_at: ends_at?.toISOString() ?? null,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  };
}
