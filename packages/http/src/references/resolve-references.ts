import type { AggregateName } from '@hivesync/contracts';
import {
  type EntityClass,
  type MetReference,
  meetReferences,
  referenceTableOf,
  transaction,
  unknownReferences,
} from '@hivesync/database';
import type { FastifyRequest } from 'fastify';
import { userOf } from '../auth/authentication.ts';
import { unknownReference } from '../errors/translate.ts';

export interface WantedReferences {
  /** The entity of the reference table, e.g. `UserRef`. */
  table: EntityClass;
  /** Each id with its field as a JSON Pointer into the body, e.g. `/assignee_id`. Absent ids are passed over. */
  ids: readonly { field: string; id: string | null | undefined }[];
}

/**
 * Meets the aggregates of other services that a request names and this service does not know yet: one call to
 * each owner, all at once. The caller's own id needs none, because identity's signature vouches for it.
 * Call it before the transaction of the change: it waits for others.
 *
 * A deleted one is known, so it passes here and is refused when the row is written.
 * @throws ApiError UNKNOWN_REFERENCE with the field of each id that does not exist; UPSTREAM_UNAVAILABLE where
 * an owner cannot be asked. Nothing is written then.
 */
export async function resolveReferences(
  request: FastifyRequest,
  wanted: readonly WantedReferences[],
): Promise<void> {
  const { dataSource } = request.server;
  const unmet: Unmet[] = [];
  for (const { table, ids } of wanted) {
    const named = ids.flatMap(({ field, id }) => (id ? [{ field, id }] : []));
    const unknown = await unknownReferences(dataSource.manager, table, [
      ...new Set(named.map(({ id }) => id)),
    ]);
    if (unknown.length > 0) {
      const fields = named.filter(({ id }) => unknown.includes(id));
      unmet.push({ table, aggregate: referenceTableOf(table).aggregate, ids: unknown, fields });
    }
  }
  if (unmet.length === 0) return;

  const met = await Promise.all(unmet.map((one) => ask(request, one)));
  const missing = unmet.flatMap(({ fields }, at) =>
    fields.filter(({ id }) => !met[at]?.some((row) => row.id === id)).map(({ field }) => field),
  );
  if (missing.length > 0) throw unknownReference(missing);
  await transaction(dataSource, async (tx) => {
    for (const [at, { table }] of unmet.entries()) await meetReferences(tx, table, met[at] ?? []);
  });
}

interface Unmet {
  table: EntityClass;
  aggregate: AggregateName;
  ids: string[];
  fields: { field: string; id: string }[];
}

async function ask(request: FastifyRequest, { aggregate, ids }: Unmet): Promise<MetReference[]> {
  const ownId = aggregate === 'identity.user' ? userOf(request)?.id : undefined;
  const asked = ids.filter((id) => id !== ownId);
  const found = await request.server.referenceOwners.resolve(aggregate, asked, { requestId: request.id });
  return [
    ...found.map(({ id, version, data }) => ({ id, version, fields: data })),
    ...(ownId && ids.includes(ownId) ? [{ id: ownId, version: 0, fields: {} }] : []),
  ];
}
