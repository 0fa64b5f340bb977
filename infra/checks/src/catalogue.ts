import type { TableInCatalog } from '@hivesync/database';

export interface CatalogueColumn {
  name: string;
  /** One word, as a diagram can hold it: `timestamptz`, `uuid`, `task_status`. */
  type: string;
  primaryKey: boolean;
  foreignKey: boolean;
  unique: boolean;
}

export interface CatalogueTable {
  name: string;
  columns: CatalogueColumn[];
}

export interface CatalogueForeignKey {
  name: string;
  table: string;
  columns: string[];
  refTable: string;
  /** A row of `table` may do without one of `refTable`. */
  optional: boolean;
  /** At most one row of `table` for each of `refTable`. */
  unique: boolean;
  /** In small letters, as `no action` or `set null`. */
  onDelete: string;
}

/** A table as a diagram shows it. */
export function catalogueTable({ name, columns, constraints, indexes }: TableInCatalog): CatalogueTable {
  const primary = constraints.find(({ kind }) => kind === 'p');
  const foreign = constraints.filter(({ kind }) => kind === 'f').flatMap((key) => key.columns);
  const alone = indexes
    .filter((index) => index.unique && index.predicate === null && index.columns.length === 1)
    .filter((index) => index.name !== primary?.name)
    .map((index) => index.columns[0]);
  return {
    name,
    columns: columns.map((column) => ({
      name: column.name,
      type: oneWord(column.type),
      primaryKey: primary?.columns.includes(column.name) ?? false,
      foreignKey: foreign.includes(column.name),
      unique: alone.includes(column.name),
    })),
  };
}

/** The foreign keys of a table, ordered by name. */
export function catalogueForeignKeys({
  name: table,
  columns,
  constraints,
  indexes,
}: TableInCatalog): CatalogueForeignKey[] {
  const nullable = new Set(columns.filter((column) => column.nullable).map(({ name }) => name));
  return constraints.flatMap(({ name, columns: own, references, onDelete }) => {
    if (!references) return [];
    const within = (column: string | null) => column !== null && own.includes(column);
    const unique = indexes.some(
      (index) => index.unique && index.predicate === null && index.columns.every(within),
    );
    return {
      name,
      table,
      columns: own,
      refTable: references.table,
      optional: own.some((column) => nullable.has(column)),
      unique,
      onDelete: onDelete?.toLowerCase() ?? 'no action',
    };
  });
}

/** Without schema and size: `numeric(10,2)` is `numeric`, `timestamp(3) with time zone` is `timestamptz`. */
function oneWord(type: string): string {
  const plain = type.replace(/\(.*?\)/, '').replace(/^.*\./, '');
  return plain === 'timestamp with time zone' ? 'timestamptz' : plain.replace(/[^a-zA-Z0-9_[\]]+/g, '_');
}
