import {
  type CloudEvent,
  type EventDefinition,
  type EventId,
  eventCatalogue,
  IdSchema,
} from '@hivesync/contracts';
import { Type } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

const EnvelopeSchema = Type.Object({
  specversion: Type.Literal('1.0'),
  id: IdSchema<EventId>(),
  source: Type.String(),
  type: Type.String(),
  subject: Type.String(),
  time: Type.String({ format: 'date-time' }),
  aggregateversion: Type.Integer({ minimum: 0 }),
});

const envelope = Compile(EnvelopeSchema);
const compiled = new Map<EventDefinition, Validator>();

function validatorOf(definition: EventDefinition): Validator {
  let validator = compiled.get(definition);
  if (!validator) {
    validator = Compile(definition.data);
    compiled.set(definition, validator);
  }
  return validator;
}

/** Throws a `TypeError` for data that does not fit: it is a mistake of the program that publishes. */
export function assertPublishable(definition: EventDefinition, data: unknown): void {
  const validator = validatorOf(definition);
  if (!validator.Check(data)) {
    throw new TypeError(`Invalid data of ${definition.type}: ${explain(validator, data)}`);
  }
}

export type ReadEvent =
  | { valid: true; event: CloudEvent; known: boolean }
  | { valid: false; error: string; known: boolean };

/**
 * What a consumer makes of an event that it was given. Fields that a newer publisher has added are left out
 * rather than refused, so that publishers can be deployed first; a type that is not in the catalogue is
 * valid but not `known`, and its data is unchecked. A service speaks for itself alone: whatever stands in its outbox,
 * types of another service are not valid.
 */
export function readEvent(source: string, raw: unknown): ReadEvent {
  if (!isEnvelope(raw)) {
    return { valid: false, error: `Not an event: ${explain(envelope, raw)}`, known: false };
  }
  if (raw.source !== `hivesync/${source}`) {
    return { valid: false, error: `The feed of ${source} may not speak for ${raw.source}`, known: false };
  }
  if (!raw.type.startsWith(`${source}.`)) {
    return { valid: false, error: `The feed of ${source} may not tell ${raw.type}`, known: false };
  }
  const definition = eventCatalogue.get(raw.type);
  if (!definition) return { valid: true, event: raw, known: false };
  const validator = validatorOf(definition);
  const data = validator.Clean(structuredClone(raw.data));
  return validator.Check(data)
    ? { valid: true, event: { ...raw, data }, known: true }
    : { valid: false, error: `Invalid data: ${explain(validator, data)}`, known: true };
}

function isEnvelope(raw: unknown): raw is CloudEvent {
  return envelope.Check(raw);
}

function explain(validator: Pick<Validator, 'Errors'>, value: unknown): string {
  return validator
    .Errors(value)
    .slice(0, 5)
    .map((error) => `${error.instancePath || '/'} ${error.message}`)
    .join('; ');
}
