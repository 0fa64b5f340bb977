import type { AggregateName } from '@hivesync/contracts';
import { ForeignKey } from 'typeorm';
import { columnNameOf, lineage, tableNameOf } from '../entity-names.ts';
import type { EntityClass, ServiceDatabase } from '../service-database.ts';

/**
 * What happens here when the aggregate is deleted by its owner: `cascade` deletes the row, `set null` clears the
 * column, `keep` leaves the row pointing at the tombstone.
 */
export type OnReferenceDeleted = 'cascade' | 'set null' | 'keep';

/**
 * What a person that the column names gets of the row in their export: all of it, or, where others may have written in
 * it, that it is there and names them: its key, the column and its timestamps.
 */
export type ReferenceExport = 'row' | 'reference';

export interface ReferenceTableDeclaration {
  entity: EntityClass;
  table: string;
  aggregate: AggregateName;
  /** Column by the name of the field in the owner's events and answers. */
  keepsFresh: Readonly<Record<string, string>>;
}

export interface ReferenceDeclaration {
  entity: EntityClass;
  table: string;
  column: string;
  propertyName: string;
  refEntity: EntityClass;
  refTable: string;
  aggregate: AggregateName;
  onDelete: OnReferenceDeleted;
  exports: ReferenceExport;
}

const referenceTableOptions = new Map<
  object,
  { aggregate: AggregateName; keepsFresh: Readonly<Record<string, string>> }
>();
const references: {
  target: object;
  propertyName: string;
  table: () => EntityClass;
  onDelete: OnReferenceDeleted;
  exports: ReferenceExport;
}[] = [];

/** Marks an entity (which extends `ReferenceRow`) as the reference table of an aggregate. Put it beside `@Entity`. */
export function ReferenceTable(
  aggregate: AggregateName,
  options: { keepsFresh?: Readonly<Record<string, string>> } = {},
): ClassDecorator {
  return (target) => {
    referenceTableOptions.set(target, { aggregate, keepsFresh: options.keepsFresh ?? {} });
  };
}

/**
 * Declares that a column holds the id of another service's aggregate, and what its deletion does here. From this
 * come resolution on write, the deletion and freshness handlers, the integrity audit, export and erasure, and the
 * dashed edge of the ERD. `exports` is `row` unless told. Put it beside `@Column`; it declares the foreign key to the reference table as well.
 */
export function References(
  table: () => EntityClass,
  options: { onDelete: OnReferenceDeleted; exports?: ReferenceExport },
): PropertyDecorator {
  return (target, property) => {
    references.push({
      target: target.constructor,
      propertyName: String(property),
      table,
      onDelete: options.onDelete,
      exports: options.exports ?? 'row',
    });
    ForeignKey(table)(target, property);
  };
}

/**
 * The reference tables among a service's entities.
 * @throws Error when two of them hold the same aggregate.
 */
export function referenceTables(database: ServiceDatabase): ReferenceTableDeclaration[] {
  const tables = database.entities.flatMap((entity) => {
    const options = referenceTableOptions.get(entity);
    return options ? [{ entity, table: tableNameOf(entity), ...options }] : [];
  });
  const twice = tables.find((table, at) => tables.findIndex((t) => t.aggregate === table.aggregate) < at);
  if (twice) throw new Error(`${database.service}: ${twice.aggregate} has two reference tables`);
  return tables;
}

/** The declaration of one reference table. @throws Error when the entity is not one. */
export function referenceTableOf(entity: EntityClass): ReferenceTableDeclaration {
  const options = referenceTableOptions.get(entity);
  if (!options) throw new Error(`${entity.name} is not a reference table: it lacks @ReferenceTable`);
  return { entity, table: tableNameOf(entity), ...options };
}

/**
 * The columns of one entity that refer to another service, those that it inherits included.
 * @throws Error when one of them refers to an entity that is not a reference table.
 */
export function referencesOf(entity: EntityClass): ReferenceDeclaration[] {
  const classes = new Set(lineage(entity));
  return references
    .filter(({ target }) => classes.has(target))
    .map(({ propertyName, table, onDelete, exports }) => {
      const refTable = referenceTableOf(table());
      return {
        entity,
        table: tableNameOf(entity),
        column: columnNameOf(entity, propertyName),
        propertyName,
        refEntity: refTable.entity,
        refTable: refTable.table,
        aggregate: refTable.aggregate,
        onDelete,
        exports,
      };
    });
}

/**
 * Every column of a service's entities that refers to another service, in the order of `entities`.
 * @throws Error when a reference points at an entity that is not a reference table of this service.
 */
export function referenceDeclarations(database: ServiceDatabase): ReferenceDeclaration[] {
  const tables = new Set(referenceTables(database).map(({ entity }) => entity));
  return database.entities.flatMap((entity) =>
    referencesOf(entity).map((declaration) => {
      if (tables.has(declaration.refEntity)) return declaration;
      throw new Error(
        `${entity.name}.${declaration.propertyName} refers to ${declaration.refEntity.name}, which is not a reference table among the entities of ${database.service}`,
      );
    }),
  );
}
