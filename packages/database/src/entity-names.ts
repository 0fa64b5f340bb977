import { getMetadataArgsStorage } from 'typeorm';
import { snakeCase } from './naming-strategy.ts';
import type { EntityClass } from './service-database.ts';

/** Every class that an entity inherits from, itself first. */
export function lineage(entity: object): object[] {
  const classes: object[] = [];
  for (let current: object | null = entity; current && current !== Function.prototype; ) {
    classes.push(current);
    current = Object.getPrototypeOf(current);
  }
  return classes;
}

/** The table of an entity, read from its decorators: no data source is needed. */
export function tableNameOf(entity: EntityClass): string {
  const table = getMetadataArgsStorage().tables.find(({ target }) => target === entity);
  if (!table) throw new Error(`${entity.name} is not an entity: it lacks @Entity('<table>')`);
  return table.name ?? snakeCase(entity.name);
}

/** The column of an entity's property, read from its decorators. */
export function columnNameOf(entity: EntityClass, propertyName: string): string {
  const classes = new Set(lineage(entity));
  const column = getMetadataArgsStorage().columns.find(
    (candidate) =>
      candidate.propertyName === propertyName &&
      typeof candidate.target !== 'string' &&
      classes.has(candidate.target),
  );
  if (!column) throw new Error(`${entity.name}.${propertyName} is not a column: it lacks @Column`);
  return snakeCase(column.options.name ?? propertyName);
}
