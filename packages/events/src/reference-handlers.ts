import { aggregates, type EventDefinition, eventCatalogue, type ServiceName } from '@hivesync/contracts';
import {
  applyReferenceDeleted,
  applyReferenceUpdated,
  referenceTables,
  type ServiceDatabase,
} from '@hivesync/database';
import type { Subscription } from './subscriptions.ts';

/**
 * The handlers that follow from a service's reference tables alone: deletions of what they refer to
 * carry the declared policies out, and every event that has all the fields which are kept fresh does so.
 */
export function referenceSubscriptions(database: ServiceDatabase): {
  subscriptions: Subscription[];
  sources: ServiceName[];
} {
  const tables = referenceTables(database);
  const referred = [...new Set(tables.map(({ aggregate }) => aggregate))];
  const subscriptions = referred.flatMap((aggregate) =>
    [...eventCatalogue.values()]
      .filter((definition) => definition.aggregate === aggregate)
      .flatMap((definition): Subscription[] => {
        if (definition.deletes) {
          return [
            {
              type: definition.type,
              handle: (tx, event) =>
                applyReferenceDeleted(tx, database, aggregate, event.subject, event.aggregateversion),
            },
          ];
        }
        const fields = fieldsOf(definition);
        const refreshes = tables.some(
          (table) =>
            table.aggregate === aggregate &&
            Object.keys(table.keepsFresh).every((field) => fields.has(field)),
        );
        if (!refreshes) return [];
        return [
          {
            type: definition.type,
            handle: async (tx, event) => {
              // Without a version there is no saying whether it is newer than what is known.
              if (event.aggregateversion === 0 || !isRecord(event.data)) return;
              const { subject, aggregateversion, data } = event;
              await applyReferenceUpdated(tx, database, aggregate, subject, aggregateversion, data);
            },
          },
        ];
      }),
  );
  return { subscriptions, sources: referred.map((aggregate) => aggregates[aggregate].owner) };
}

function fieldsOf(definition: EventDefinition): Set<string> {
  const { data } = definition;
  return new Set('properties' in data && isRecord(data.properties) ? Object.keys(data.properties) : []);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
