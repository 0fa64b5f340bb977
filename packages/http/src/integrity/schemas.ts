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
    repair: Type.Boolean({ default: false }),
    grace_seconds: Type.Integer({ default: 60, minimum: 0, maximum: maxGraceSeconds }),
    aggregate: Type.Optional(StringEnum(aggregateNames)),
    after: Type.Optional(
      Type.String({
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
    max_deletions: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        description:
          'Where owners do not have more ids than that in a slice, none is deleted. Unless given: more than 1,000, or of one column more than a tenth where that is more than 10, or all of several. What is given takes the place of all limits',
      }),
    ),
  },
  { additionalProperties: false },
);
export type IntegrityBody = Static<typeof IntegrityBody>;

export const IntegrityTally = Type.Object(
  {
    service: StringEnum(serviceNames, { description: 'Whose column it is' }),
    aggregate: StringEnum(aggregateNames),
    column: Type.String({ description: '`table.column`; of a reference table its `id`' }),
    unknown: Type.Integer({ minimum: 0, description: 'Ids that the owner does not have' }),
    of: Type.Integer({ minimum: 0, description: 'Live ids that were looked at' }),
    refused: Type.Boolean({ description: 'Too many: because of it a repair deletes nothing' }),
  },
  { additionalProperties: false },
);
export type IntegrityTally = Static<typeof IntegrityTally>;

export const IntegritySlice = Type.Object(
  {
    findings: Type.Array(IntegrityFinding),
    tallies: Type.Array(IntegrityTally, { description: 'Of each column that was looked at' }),
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

/** Adds the tallies of one slice to those of others, one for each service and column. */
export function mergeTallies(into: IntegrityTally[], more: readonly IntegrityTally[]): void {
  for (const tally of more) {
    const known = into.find((one) => one.service === tally.service && one.column === tally.column);
    if (known) {
      known.unknown += tally.unknown;
      known.of += tally.of;
      known.refused ||= tally.refused;
    } else into.push({ ...tally });
  }
}
