import { columnNameOf, lineage } from './entity-names.ts';
import type { EntityClass } from './service-database.ts';

/**
 * How a sensitive column is to be treated.
 * - `secret-hash`: a one-way hash of a secret (password, token, key); never leaves the service
 * - `encrypted`: ciphertext; the key is not in the database
 * - `personal`: tells who a person is or where; goes with the account, never in a log
 * - `private`: what people wrote; for members only, never in a log
 */
export type DataClassName = 'secret-hash' | 'encrypted' | 'personal' | 'private';

const declared: { target: object; propertyName: string; dataClass: DataClassName }[] = [];

/** Marks a sensitive column; shown in the schema report. Put it beside `@Column`. */
export function DataClass(dataClass: DataClassName): PropertyDecorator {
  return (target, property) => {
    declared.push({ target: target.constructor, propertyName: String(property), dataClass });
  };
}

/** Data class of each marked column of an entity, by column name. */
export function dataClasses(entity: EntityClass): Map<string, DataClassName> {
  const classes = new Set(lineage(entity));
  return new Map(
    declared
      .filter(({ target }) => classes.has(target))
      .map(({ propertyName, dataClass }) => [columnNameOf(entity, propertyName), dataClass]),
  );
}
