import type { App } from '@hivesync/http';
import { findSubscriptionInForce } from './subscription.repository.ts';
import { Subscription } from './subscription.schemas.ts';

/** For the person whose subscription it is. */
export async function subscriptionRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/billing/subscription',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'readSubscription',
        summary: 'Read my subscription',
        tags: ['billing'],
        response: { 200: Subscription },
      },
    },
    async (request) => (await findSubscriptionInForce(app.dataSource, request.user.id)) ?? free,
  );
}

const free: Subscription = {
  id: null,
  status: null,
  tier: 'free',
  renews_at: null,
  ends_at: null,
  created_at: null,
  updated_at: null,
};
