import * as audit from './audit.ts';
import * as billing from './billing.ts';
import type { EventDefinition } from './event.ts';
import * as identity from './identity.ts';
import { accessRefusals, feedRewinds, referenceSweeps } from './platform.ts';
import * as projects from './projects.ts';
import * as workers from './workers.ts';

export * from './audit.ts';
export * from './billing.ts';
export * from './event.ts';
export * from './identity.ts';
export * from './platform.ts';
export * from './projects.ts';
export * from './workers.ts';

const isDefinition = (value: unknown): value is EventDefinition =>
  typeof value === 'object' && value !== null && 'aggregate' in value && 'deletes' in value;

/** Every type of event that the platform writes, by its `type`. */
export const eventCatalogue: ReadonlyMap<string, EventDefinition> = new Map(
  [
    ...[identity, projects, billing, workers, audit].flatMap((module) => Object.values(module)),
    ...accessRefusals,
    ...referenceSweeps,
    ...feedRewinds,
  ]
    .filter(isDefinition)
    .map((definition) => [definition.type, definition]),
);
