/**
 * A piece of an OpenAPI document with what its `$ref`s name in their places. None of our schemas holds itself.
 * @throws Error for a reference that leads nowhere.
 */
export function resolveReferences(node: unknown, schemas: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(node)) return node.map((item) => resolveReferences(item, schemas));
  if (typeof node !== 'object' || node === null) return node;
  if ('$ref' in node) {
    const name = String(node.$ref).replace('#/components/schemas/', '');
    if (!(name in schemas)) throw new Error(`${node.$ref} leads nowhere`);
    return resolveReferences(schemas[name], schemas);
  }
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, resolveReferences(value, schemas)]),
  );
}
