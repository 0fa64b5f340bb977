import { readFileSync } from 'node:fs';
import { type ServiceName, serviceNames } from '@hivesync/contracts';

export type Operation = Record<string, unknown>;
/** The part of an OpenAPI 3.1 document that routing and merging look at. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description?: string };
  servers?: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components?: Record<string, Record<string, unknown>>;
  tags?: { name: string; description?: string }[];
}

export type Documents = Partial<Record<ServiceName, OpenApiDocument>>;

/** `services/`: beside this package in the repository, and in an image too, which copies the documents there. */
const servicesFolder = new URL('../../', import.meta.url);

/**
 * The committed `openapi.json` of every service.
 * @throws Error naming the file that is missing and the command that makes it.
 */
export function readDocuments(folder: URL = servicesFolder): Documents {
  const documents: Documents = {};
  for (const service of serviceNames) {
    const file = new URL(`${service}/openapi.json`, folder);
    try {
      documents[service] = JSON.parse(readFileSync(file, 'utf8'));
    } catch (cause) {
      throw new Error(`${file.pathname} cannot be read: run \`npm run generate\``, { cause });
    }
  }
  return documents;
}
