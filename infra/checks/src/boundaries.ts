/**
 * Which code may import which. Imports only point down:
 *
 *     contracts <- database <- events <- http <- services
 *     contracts <- clients <- http        objects beside http
 *
 * No service imports another, tests alone import `testing`, a package imports only what its
 * package.json declares, and TypeORM stays in the persistence layer. There is no comment that
 * switches this off: a forbidden import is moved, not excused.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseSync } from 'oxc-parser';

const mayImport: Record<string, readonly string[]> = {
  contracts: [],
  database: ['contracts'],
  events: ['contracts', 'database'],
  clients: ['contracts'],
  http: ['contracts', 'database', 'events', 'clients'],
  objects: ['contracts'],
  testing: ['contracts', 'database', 'events', 'http', 'clients'],
  gateway: ['contracts', 'http', 'clients'],
  service: ['contracts', 'database', 'events', 'http', 'clients', 'objects'],
};

const persistence = /(\.entity|\.repository)\.ts$|\/database\/|^packages\/(database|events)\//;

/** One source file: its path from the repository's root, with forward slashes, and its text. */
export interface SourceFile {
  path: string;
  text: string;
}

export interface Violation {
  path: string;
  line: number;
  message: string;
}

/** The packages that a file's package.json declares as needed at run time. */
export type RuntimeDependencies = ReadonlySet<string>;

interface Room {
  area: 'packages' | 'services' | 'infra';
  name: string;
  inTests: boolean;
}

function roomOf(path: string): Room | undefined {
  const [area, name, folder] = path.split('/');
  if (!name || (area !== 'packages' && area !== 'services' && area !== 'infra')) return undefined;
  return { area, name, inTests: folder !== 'src' && folder !== 'bin' };
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

function forbiddenWorkspaceImport(room: Room, target: string): string | undefined {
  if (target === room.name || room.area === 'infra') return undefined;
  if (target === 'testing') return room.inTests ? undefined : 'only tests may import @hivesync/testing';
  const role = room.area === 'services' && room.name !== 'gateway' ? 'service' : room.name;
  if (mayImport[role]?.includes(target)) return undefined;
  if (room.area === 'services' && !(target in mayImport)) {
    return `a service may not import the service ${target}: know its rows by id in a reference table, or call its API through @hivesync/clients`;
  }
  if (room.inTests && target in mayImport) return undefined;
  return `${room.name} may not import ${target}: imports only point down`;
}

/** Every forbidden import of one file. Throws where the file does not parse. */
export function violationsOf(file: SourceFile, declared: RuntimeDependencies): Violation[] {
  const room = roomOf(file.path);
  if (!room) return [];
  const root = `${room.area}/${room.name}`;

  const complaint = (specifier: string): string | undefined => {
    if (specifier.startsWith('node:')) return undefined;
    if (specifier.startsWith('.')) {
      const target = relative('/', resolve('/', dirname(file.path), specifier))
        .split(sep)
        .join('/');
      const leaves = !target.startsWith(`${root}/`) && !/^vitest[.\w-]*\.ts$/.test(target);
      return leaves && room.area !== 'infra' ? `${specifier} leaves ${root}` : undefined;
    }
    const name = packageName(specifier);
    if (name === 'typeorm' && !persistence.test(file.path) && !room.inTests) {
      return 'TypeORM stays in *.entity.ts, *.repository.ts and database/';
    }
    const forbidden =
      name.startsWith('@hivesync/') && forbiddenWorkspaceImport(room, name.slice('@hivesync/'.length));
    if (forbidden) return forbidden;
    if (room.inTests || declared.has(name)) return undefined;
    return `${name} is not among the dependencies of ${root}/package.json`;
  };

  return importsOf(file).flatMap(({ specifier, start }) => {
    const message = complaint(specifier);
    return message ? [{ path: file.path, line: file.text.slice(0, start).split('\n').length, message }] : [];
  });
}

function importsOf(file: SourceFile): { specifier: string; start: number }[] {
  const { module, errors } = parseSync(file.path, file.text);
  if (errors.length > 0) throw new Error(`${file.path}: ${errors[0]?.message}`);
  const found = module.staticImports.map(({ moduleRequest }) => ({
    specifier: moduleRequest.value,
    start: moduleRequest.start,
  }));
  for (const { moduleRequest } of module.staticExports.flatMap(({ entries }) => entries)) {
    if (moduleRequest) found.push({ specifier: moduleRequest.value, start: moduleRequest.start });
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^(['"`])([^$]*)\1$/.exec(file.text.slice(moduleRequest.start, moduleRequest.end));
    if (literal?.[2]) found.push({ specifier: literal[2], start: moduleRequest.start });
  }
  return found;
}

/** Reads what the package.json of `root`, a folder such as `services/projects`, declares. */
export function declaredBy(repository: string, root: string): RuntimeDependencies {
  const manifest: Record<string, Record<string, string> | undefined> = JSON.parse(
    readFileSync(join(repository, root, 'package.json'), 'utf8'),
  );
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  return new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }));
}
