import { type DataSource, transaction } from '@hivesync/database';
import { type App, errorResponses } from '@hivesync/http';
import { listTierLimits, type TierLimitRow } from './tier-limit.repository.ts';
import {
  type TierLimitBody,
  TierLimitList,
  TierLimitParams,
  TierLimitSchema,
  TierLimitValue,
} from './tier-limit.schemas.ts';
import { changeTierLimit } from './tier-limit.service.ts';

/** What each tier may use: for whoever is signed in to read, for administrators to change, for services to start from. */
export async function tierLimitRoutes(app: App, { dataSource }: { dataSource: DataSource }): Promise<void> {
  const list = async () => ({ items: (await listTierLimits(dataSource)).map(toBody), next_cursor: null });

  app.get(
    '/api/v1/tier-limits',
    {
      preHandler: app.requireUser,
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
      preHandler: app.requireAdmin,
      schema: {
        operationId: 'setTierLimit',
        summary: 'Set what a tier may use of one thing',
        description: 'Counts for new work within seconds, without a deploy. Recorded in the audit log.',
        tags: ['admin'],
        params: TierLimitParams,
        body: TierLimitValue,
        response: { 200: TierLimitSchema, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request) => {
      const { tier, limit_key: limitKey } = request.params;
      const { value } = request.body;
      const limit = await transaction(dataSource, (tx) =>
        changeTierLimit(tx, { tier, limitKey, value, origin: request.origin }),
      );
      return toBody(limit);
    },
  );
}

function toBody({ tier, limit_key, value, updated_at }: TierLimitRow): TierLimitBody {
  return { tier, limit_key, value, updated_at: updated_at.toISOString() };
}
