import { isDeepStrictEqual } from 'node:util';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { aboutTheApi } from '@hivesync/http';
import type { Documents, OpenApiDocument, Operation } from './documents.ts';
import { gatewayHeaders, withGatewayAnswers } from './gateway-answers.ts';
import { isPublic } from './public-routes.ts';

/** `schemas/Task`: a component's section and name, as they stand in a `$ref`. */
type ComponentKey = string;
type Components = Map<ComponentKey, unknown>;

/**
 * One OpenAPI 3.1 document of all public operations. Components keep their names where every service that has
 * the name means the same by it; where they differ, each is prefixed with its service (`ProjectsTask`).
 * Components that only internal operations use are left out.
 *
 * @param publicUrl where it is served. Without one it is wherever the document was fetched, as OpenAPI says of `/`.
 */
export function mergeDocuments(documents: Documents, publicUrl = '/'): OpenApiDocument {
  const components = new Map<ServiceName, Components>();
  for (const service of serviceNames) components.set(service, componentsOf(documents[service]));
  const conflicts = conflictingComponents([...components.values()]);

  const merged: OpenApiDocument & { components: Record<string, Record<string, unknown>> } = {
    openapi: '3.1.0',
    info: {
      title: 'HiveSync',
      description: 'The public API of all services, as the gateway serves it.',
      ...aboutTheApi,
    },
    servers: [{ url: publicUrl }],
    paths: {},
    components: { headers: gatewayHeaders },
    tags: [],
  };
  const operationIds = new Set<string>();
  const tags = new Set<string>();
  for (const service of serviceNames) {
    const document = documents[service];
    if (!document) continue;
    const own = components.get(service) ?? new Map();
    const rename = (key: ComponentKey) => (conflicts.has(key) ? prefixed(service, key) : key);
    const used = new Set<ComponentKey>();
    for (const [path, operations] of Object.entries(document.paths)) {
      if (!isPublic(service, path)) continue;
      for (const key of reachable([operations], own)) used.add(key);
      // Security schemes are named by requirements, not by references.
      for (const { security } of Object.values(operations)) {
        for (const name of schemesOf(security)) used.add(`securitySchemes/${name}`);
      }
      merged.paths[path] = {};
      for (const [method, operation] of Object.entries(operations)) {
        const copy = withGatewayAnswers(withReferences(operation, rename) as Operation);
        for (const tag of tagsOf(copy)) tags.add(tag);
        if (typeof copy.operationId === 'string') {
          if (operationIds.has(copy.operationId)) copy.operationId = `${service}_${copy.operationId}`;
          operationIds.add(String(copy.operationId));
        }
        merged.paths[path][method] = copy;
      }
    }
    for (const key of used) {
      const [section, name] = split(rename(key));
      merged.components[section] ??= {};
      merged.components[section][name] = withReferences(own.get(key), rename);
    }
    for (const tag of document.tags ?? []) {
      const known = merged.tags?.some(({ name }) => name === tag.name);
      if (tags.has(tag.name) && !known) merged.tags?.push(tag);
    }
  }
  return merged;
}

const schemesOf = (security: unknown): string[] =>
  (Array.isArray(security) ? security : []).flatMap((one) => Object.keys(one));

const tagsOf = ({ tags }: Operation): string[] => (Array.isArray(tags) ? tags.map(String) : []);

function componentsOf(document: OpenApiDocument | undefined): Components {
  const found: Components = new Map();
  for (const [section, named] of Object.entries(document?.components ?? {})) {
    for (const [name, component] of Object.entries(named)) found.set(`${section}/${name}`, component);
  }
  return found;
}

/** Names that two services use for different things, directly or by what they refer to. */
function conflictingComponents(services: Components[]): Set<ComponentKey> {
  const meanings = new Map<ComponentKey, unknown>();
  const shared = new Set<ComponentKey>();
  const conflicts = new Set<ComponentKey>();
  for (const components of services) {
    for (const [key, component] of components) {
      if (!meanings.has(key)) meanings.set(key, component);
      else if (isDeepStrictEqual(meanings.get(key), component)) shared.add(key);
      else conflicts.add(key);
    }
  }
  // What refers to a conflicting name means two things as well, even where its text is the same.
  let grew = conflicts.size > 0;
  while (grew) {
    grew = false;
    for (const key of shared) {
      if (!conflicts.has(key) && referencesOf(meanings.get(key)).some((name) => conflicts.has(name))) {
        conflicts.add(key);
        grew = true;
      }
    }
  }
  return conflicts;
}

function reachable(roots: unknown[], components: Components): Set<ComponentKey> {
  const found = new Set<ComponentKey>();
  const queue = roots.flatMap(referencesOf);
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (found.has(key)) continue;
    found.add(key);
    queue.push(...referencesOf(components.get(key)));
  }
  return found;
}

function referencesOf(node: unknown): ComponentKey[] {
  const found: ComponentKey[] = [];
  withReferences(node, (key) => {
    found.push(key);
    return key;
  });
  return found;
}

const local = '#/components/';

/** A copy of a piece of a document whose `$ref`s to components are renamed. */
function withReferences(node: unknown, rename: (key: ComponentKey) => ComponentKey): unknown {
  if (Array.isArray(node)) return node.map((item) => withReferences(item, rename));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) =>
      name === '$ref' && typeof value === 'string' && value.startsWith(local)
        ? [name, local + rename(value.slice(local.length))]
        : [name, withReferences(value, rename)],
    ),
  );
}

function split(key: ComponentKey): [section: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

function prefixed(service: ServiceName, key: ComponentKey): ComponentKey {
  const [section, name] = split(key);
  return `${section}/${service[0]?.toUpperCase()}${service.slice(1)}${name[0]?.toUpperCase()}${name.slice(1)}`;
}
