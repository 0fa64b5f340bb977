import { transaction } from '@hivesync/database';
import { type App, errorResponses } from '@hivesync/http';
import { listTierLimits } from './tier-limit.repository.ts';
import { TierLimit, TierLimitList, TierLimitParams, TierLimitValue } from './tier-limit.schemas.ts';
import { changeTierLimit } from './tier-limit.service.ts';

/** What each tier may use: for whoever is signed in to read, for administrators to change, for services to start from. */
export async function tierLimitRoutes(app: App): Promise<void> {
  const list = async () => ({ items: await listTierLimits(app.dataSource), next_cursor: null });

  app.get(
    '/api/v1/tier-limits',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listTierLimits',
        summary: 'List what each tier may use',
        description: 'All of it in one page: three tiers of a few keys each.',
        tags: ['billing'],
        response: { 200: TierLimitList },
      },
    },
    list,
  );

  app.get(
    '/internal/tier-limits',
    {
      schema: {
        operationId: 'readTierLimits',
        summary: 'Read what each tier may use',
        description: 'For services to start from; changes follow as `billing.tier_limit.changed`.',
        tags: ['internal'],
        response: { 200: TierLimitList },
      },
    },
    list,
  );

  app.put(
    '/api/v1/admin/tier-limits/:tier/:limit_key',
    {
      onRequest: app.requireAdmin,
      schema: {
        operationId: 'setTierLimit',
        summary: 'Set what a tier may use of one thing',
        description: 'Told to other services as `billing.tier_limit.changed`, and recorded in the audit log.',
        tags: ['admin'],
        params: TierLimitParams,
        body: TierLimitValue,
        response: { 200: TierLimit, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request) => {
      const { tier, limit_key: limitKey } = request.params;
      const { value } = request.body;
      return transaction(app.dataSource, (tx) =>
        changeTierLimit(tx, { tier, limitKey, value, origin: request.origin }),
      );
    },
  );
}
