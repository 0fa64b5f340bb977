import { type CallService, fitting } from '@hivesync/clients';
import { type AggregateName, aggregates, type ServiceName } from '@hivesync/contracts';
import { Compile } from 'typebox/compile';
import { AnyResolveReply, maxResolvedIds, type ResolvedReference } from './resolve-schemas.ts';

/** Those who know which ids exist. */
export interface ReferenceOwners {
  /**
   * What exists of `ids` (1 to 1,000).
   * @throws ApiError UPSTREAM_UNAVAILABLE where the owner gives no answer.
   */
  resolve(
    aggregate: AggregateName,
    ids: readonly string[],
    context: { requestId: string },
  ): Promise<ResolvedReference[]>;
  /**
   * The first `limit` (1 to 1,000) of all that exist after an id, in the order of their ids.
   * @throws ApiError UPSTREAM_UNAVAILABLE where the owner gives no answer.
   */
  list(
    aggregate: AggregateName,
    page: { after: string | null; limit: number },
    context: { requestId: string },
  ): Promise<ResolvedReference[]>;
}

const reply = Compile(AnyResolveReply);

/**
 * Asks owners at their `/internal/<nouns>` and `/internal/<nouns>/resolve`. That changes nothing there, so a call
 * whose connection broke is made once more.
 * @param deadlineMs milliseconds for a call, where that is not what `callService` allows
 */
export function httpReferenceOwners(callService: CallService, deadlineMs?: number): ReferenceOwners {
  async function itemsOf(owner: ServiceName, path: string, requestId: string, body?: object) {
    const answer = await callService(owner, path, { body, requestId, deadlineMs, repeatable: true });
    return (await fitting(owner, reply, answer.json())).items;
  }

  return {
    async resolve(aggregate, ids, { requestId }) {
      if (ids.length === 0) return [];
      if (ids.length > maxResolvedIds)
        throw new RangeError(`at most ${maxResolvedIds} ids are resolved at once`);
      const { owner, resolvePath } = aggregates[aggregate];
      return itemsOf(owner, resolvePath, requestId, { ids });
    },
    list(aggregate, { after, limit }, { requestId }) {
      const { owner, listPath } = aggregates[aggregate];
      const query = new URLSearchParams({ limit: String(limit), ...(after !== null && { after }) });
      return itemsOf(owner, `${listPath}?${query}`, requestId);
    },
  };
}
