import type { AggregateName, FieldPath } from '@hivesync/contracts';
import {
  type EntityClass,
  type MetReference,
  meetReferences,
  type ReferenceDeclaration,
  referencesOf,
  transaction,
  unknownReferences,
} from '@hivesync/database';
import type { FastifyRequest } from 'fastify';
import { userOf } from '../auth/authentication.ts';
import { unknownReference } from '../errors/translate.ts';

/** An id that a request names, with the declaration of the column that is to hold it. */
export interface NamedReference {
  declaration: Pick<ReferenceDeclaration, 'refEntity' | 'aggregate'>;
  /** Where the request names it. */
  field: FieldPath;
  id: string;
}

/**
 * The ids that a request names for columns of an entity: `idsFor(Loan, { lender_id: body.lender_id })`. A field is
 * called as its column is; ids that are absent or null are passed over. `at` is the JSON Pointer to the row in the
 * body, e.g. `/loans/3` of a bulk request; the row is the body itself unless told.
 * @throws Error naming the column that is not declared with `@References`.
 */
export function idsFor(
  entity: EntityClass,
  ids: Readonly<Record<string, string | null | undefined>>,
  at: '' | `/${string}` = '',
): NamedReference[] {
  const declarations = referencesOf(entity);
  return Object.entries(ids).flatMap(([column, id]) => {
    const declaration = declarations.find((one) => one.column === column);
    if (!declaration) throw new Error(`${entity.name} declares no reference ${column}: it lacks @References`);
    return id ? [{ declaration, field: `body${at}/${column}`, id }] : [];
  });
}

/**
 * Meets the aggregates of other services that a request names and this service does not know yet: one call for each
 * aggregate however many rows and entities name it, all at once, and none for what is known. The caller's own id
 * needs none either, because identity's signature vouches for it. At most 1,000 ids of an aggregate may be new.
 * Call it before the transaction of the change: it waits for others.
 *
 * A deleted one is known, so it passes here and is refused when the row is written.
 * @throws ApiError UNKNOWN_REFERENCE with the field of each id that does not exist; UPSTREAM_UNAVAILABLE where
 * an owner cannot be asked. Nothing is written then.
 */
export async function resolveReferences(
  request: FastifyRequest,
  ...named: (readonly NamedReference[])[]
): Promise<void> {
  const { dataSource } = request.server;
  const unmet: Unmet[] = [];
  for (const wanted of byTable(named.flat())) {
    const unknown = await unknownReferences(dataSource.manager, wanted.table, [
      ...new Set(wanted.named.map(({ id }) => id)),
    ]);
    if (unknown.length > 0) {
      unmet.push({ ...wanted, ids: unknown, named: wanted.named.filter(({ id }) => unknown.includes(id)) });
    }
  }
  if (unmet.length === 0) return;

  const met = await Promise.all(unmet.map((one) => ask(request, one)));
  const missing = unmet.flatMap((one, at) =>
    one.named.filter(({ id }) => !met[at]?.some((row) => row.id === id)).map(({ field }) => field),
  );
  if (missing.length > 0) throw unknownReference(missing);
  await transaction(dataSource, async (tx) => {
    for (const [at, { table }] of unmet.entries()) await meetReferences(tx, table, met[at] ?? []);
  });
}

interface Wanted {
  /** The entity of the reference table. */
  table: EntityClass;
  aggregate: AggregateName;
  named: NamedReference[];
}

interface Unmet extends Wanted {
  ids: string[];
}

function byTable(named: readonly NamedReference[]): Wanted[] {
  const wanted = new Map<EntityClass, Wanted>();
  for (const one of named) {
    const { refEntity: table, aggregate } = one.declaration;
    const group = wanted.get(table) ?? { table, aggregate, named: [] };
    group.named.push(one);
    wanted.set(table, group);
  }
  return [...wanted.values()];
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
