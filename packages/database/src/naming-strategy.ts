import { DefaultNamingStrategy, type Table } from 'typeorm';

export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

const tableNameOf = (table: Table | { name: string } | string): string => {
  const name = typeof table === 'string' ? table : table.name;
  return name.slice(name.lastIndexOf('.') + 1);
};
const joined = (table: Table | { name: string } | string, columns: string[], suffix: string): string =>
  [tableNameOf(table), ...columns, suffix].join('_');

/** The names that PostgreSQL itself would give, so that hand-written migrations and entities agree unspoken. */
export class PostgresNaming extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string, prefixes: string[]): string {
    return [...prefixes, customName || propertyName].map((part) => snakeCase(part)).join('_');
  }
  override primaryKeyName(table: Table | string): string {
    return joined(table, [], 'pkey');
  }
  override uniqueConstraintName(table: Table | string, columns: string[]): string {
    return joined(table, columns, 'key');
  }
  override foreignKeyName(table: Table | string, columns: string[]): string {
    return joined(table, columns, 'fkey');
  }
  override indexName(table: Table | string, columns: string[]): string {
    return joined(table, columns, 'idx');
  }
  override joinColumnName(relation: string, referenced: string): string {
    return snakeCase(`${relation}_${referenced}`);
  }
}
