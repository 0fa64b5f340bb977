import { Type } from 'typebox';
import { type ServiceName, serviceNames } from '../enums.ts';
import { defineEvent, type EventDefinition } from './event.ts';

const Refusal = Type.Object(
  { code: Type.String(), method: Type.String(), route: Type.String() },
  { additionalProperties: false },
);

/** A security decision that every service can take: it saw who asks, and said no (403). */
export function accessRefused(service: ServiceName): EventDefinition<typeof Refusal> {
  return refusals[service];
}

const refusals = Object.fromEntries(
  serviceNames.map((service) => [service, defineEvent(`${service}.access.refused`, Refusal)]),
) as Record<ServiceName, EventDefinition<typeof Refusal>>;

export const accessRefusals = Object.values(refusals);
