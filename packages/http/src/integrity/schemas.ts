import { type AggregateName, aggregates, StringEnum, serviceNames } from '@hivesync/contracts';
import { type Static, Type } from 'typebox';

/**
 * What can be wrong between a reference and what it refers to:
 *
 * - `dangling`: active here, but the owner has none or has deleted it
 * - `stale`: the fields kept fresh differ from the owner's, or the version is one that the owner never had
 * - `missing`: the owner has it, and no row here
 * - `unswept`: a row still points at a tombstone, although the deletion has been carried out and declared otherwise
 * - `unmet`: a row points at no row of the reference table at all
 * - `buried`: a tombstone here, but the owner has it
 */
export const integrityKinds = ['dangling', 'stale', 'missing', 'unswept', 'unmet', 'buried'] as const;
export type IntegrityKind = (typeof integrityKinds)[number];

const aggregateNames = Object.keys(aggregates) as AggregateName[];
/** Ids shown of each finding. */
export const maxSamples = 5;

export const IntegrityFinding = Type.Object(
  {
    service: StringEnum(serviceNames, { description: 'Whose column it is' }),
    aggregate: StringEnum(aggregateNames),
    kind: StringEnum(integrityKinds),
    column: Type.String({
      description: '`table.column`; of a reference table where no other row is concerned',
    }),
    count: Type.Integer({ minimum: 1, description: 'Rows' }),
    repaired: Type.Integer({ minimum: 0, description: 'Of them' }),
    samples: Type.Array(Type.String({ format: 'uuid' }), {
      maxItems: maxSamples,
      description: 'Ids of the aggregate that is referred to',
    }),
  },
  { additionalProperties: false },
);
export type IntegrityFinding = Static<typeof IntegrityFinding>;

/** Seconds for which something must be wrong without any change before it counts. */
export const maxGraceSeconds = 90;

export const IntegrityBody = Type.Object(
  {
    repair: Type.Boolean({
      default: false,
      description: 'Write what is stale or missing. Deletions are an operation of their own',
    }),
    grace_seconds: Type.Integer({ default: 60, minimum: 0, maximum: maxGraceSeconds }),
    aggregate: Type.Optional(
      StringEnum(aggregateNames, { description: 'Only references to things of this kind' }),
    ),
    after: Type.Optional(
      Type.String({
        maxLength: 177,
        pattern: '^[a-z_.]{1,140}(@[0-9a-f-]{36})?$',
        description: '`next` of the slice before',
      }),
    ),
    seconds: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 200,
      description: 'How long a slice looks at rows; the grace comes on top where something is found',
    }),
  },
  { additionalProperties: false },
);
export type IntegrityBody = Static<typeof IntegrityBody>;

/** An id whose rows would have to go: what a repair does not do by itself. */
export const IntegrityDeletion = Type.Object(
  {
    service: StringEnum(serviceNames, { description: 'Whose rows they are' }),
    aggregate: StringEnum(aggregateNames),
    id: Type.String({ format: 'uuid' }),
    kind: StringEnum(integrityKinds),
    set_back: Type.Boolean({
      description:
        'Refused: the id is younger than everything that its owner has, so the owner was probably restored from an older state',
    }),
    columns: Type.Array(
      Type.Object({ column: Type.String(), count: Type.Integer() }, { additionalProperties: false }),
      { description: 'Rows by `table.column`, as in the findings' },
    ),
  },
  { additionalProperties: false },
);
export type IntegrityDeletion = Static<typeof IntegrityDeletion>;

/** Ids in one call of the operations that export and delete. */
export const maxDepartingIds = 50;

/** Ids of one aggregate whose rows are to go. */
export const DepartingIds = Type.Object(
  {
    aggregate: StringEnum(aggregateNames),
    ids: Type.Array(Type.String({ format: 'uuid' }), { minItems: 1, maxItems: maxDepartingIds }),
  },
  { additionalProperties: false },
);

export type DepartingIds = Static<typeof DepartingIds>;

export const DeletionsBegun = Type.Object(
  { ids: Type.Array(Type.String({ format: 'uuid' }), { description: 'Whose deletion has begun' }) },
  { additionalProperties: false },
);

export const IntegritySlice = Type.Object(
  {
    findings: Type.Array(IntegrityFinding),
    deletions: Type.Array(IntegrityDeletion, { description: 'Ids whose rows would have to go' }),
    examined: Type.Integer({ minimum: 0, description: 'References looked at' }),
    next: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Null where all is looked at',
    }),
  },
  { additionalProperties: false },
);
export type IntegritySlice = Static<typeof IntegritySlice>;

/** Adds the findings of one slice to those of others, one for each service, column and kind. */
export function mergeFindings(into: IntegrityFinding[], more: readonly IntegrityFinding[]): void {
  for (const finding of more) {
    const known = into.find(
      (one) =>
        one.service === finding.service &&
        one.aggregate === finding.aggregate &&
        one.kind === finding.kind &&
        one.column === finding.column,
    );
    if (known) {
      known.count += finding.count;
      known.repaired += finding.repaired;
      known.samples = [...known.samples, ...finding.samples].slice(0, maxSamples);
    } else into.push({ ...finding });
  }
}
