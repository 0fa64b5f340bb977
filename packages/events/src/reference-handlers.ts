import {
  type AggregateName,
  aggregates,
  type EventDefinition,
  eventCatalogue,
  type ServiceName,
} from '@hivesync/contracts';
import {
  applyReferenceDeleted,
  applyReferenceUpdated,
  type ReferenceTableDeclaration,
  referenceTables,
  type ServiceDatabase,
} from '@hivesync/database';
import type { EventHandler, Subscription } from './subscriptions.ts';

/**
 * The handlers that follow from a service's reference tables alone: deletions of what they refer to carry the
 * declared policies out, and every event that has all the fields which are kept fresh brings the row up to date.
 * @throws Error where the owner publishes no event that would do so: the declaration would be dead.
 */
export function referenceSubscriptions(database: ServiceDatabase): {
  subscriptions: Subscription[];
  sources: ServiceName[];
} {
  const tables = referenceTables(database);
  return {
    subscriptions: tables.flatMap((table) =>
      eventsFor(table).map((definition) => ({
        type: definition.type,
        handle: definition.deletes ? deleted(database, table.aggregate) : updated(database, table.aggregate),
      })),
    ),
    sources: tables.map(({ aggregate }) => aggregates[aggregate].owner),
  };
}

function eventsFor({ table, aggregate, keepsFresh }: ReferenceTableDeclaration): EventDefinition[] {
  const fields = Object.keys(keepsFresh);
  const definitions = [...eventCatalogue.values()].filter(
    (definition) =>
      definition.aggregate === aggregate && (definition.deletes || hasFields(definition, fields)),
  );
  if (!definitions.some(({ deletes }) => deletes)) {
    throw new Error(`${table}: no event of ${aggregate} tells of its deletion`);
  }
  if (definitions.every(({ deletes }) => deletes)) {
    throw new Error(`${table}: no event of ${aggregate} has all that is kept fresh: ${fields.join(', ')}`);
  }
  return definitions;
}

function deleted(database: ServiceDatabase, aggregate: AggregateName): EventHandler {
  return (tx, { subject, aggregateversion }) =>
    applyReferenceDeleted(tx, database, aggregate, subject, aggregateversion);
}

function updated(database: ServiceDatabase, aggregate: AggregateName): EventHandler {
  return async (tx, { subject, aggregateversion, data }) => {
    // Without a version there is no saying whether it is newer than what is known.
    if (aggregateversion === 0 || !isRecord(data)) return;
    await applyReferenceUpdated(tx, database, aggregate, subject, aggregateversion, data);
  };
}

function hasFields({ data }: EventDefinition, fields: string[]): boolean {
  const present = 'properties' in data && isRecord(data.properties) ? data.properties : {};
  return fields.every((field) => field in present);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
