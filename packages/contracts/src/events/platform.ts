import { Type } from 'typebox';
import { type ServiceName, serviceNames } from '../enums.ts';
import { FreeNames } from '../fields.ts';
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

const Swept = Type.Object(
  {
    aggregate: Type.String({ description: 'What was deleted, e.g. `identity.user`; the subject is its id' }),
    removed: FreeNames(Type.Integer(), {
      description: 'Rows removed or cleared here, by table or `table.column`',
    }),
    longest_lock_ms: Type.Integer({ description: 'The longest that one batch held its locks' }),
  },
  { additionalProperties: false },
);

/** A service has carried a deletion through: nothing is left to remove here. */
export function referenceSwept(service: ServiceName): EventDefinition<typeof Swept> {
  return sweeps[service];
}

const sweeps = Object.fromEntries(
  serviceNames.map((service) => [service, defineEvent(`${service}.reference.swept`, Swept)]),
) as Record<ServiceName, EventDefinition<typeof Swept>>;

export const referenceSweeps = Object.values(sweeps);

const Rewound = Type.Object(
  {
    source: Type.String({ description: 'The service whose feed lost what was read of it; the subject too' }),
    from: Type.String({ description: 'Where the reader stood' }),
    to: Type.Union([Type.String(), Type.Null()], {
      description:
        'Where it goes on: the newest event that both have, as far as is known; null: the oldest kept',
    }),
  },
  { additionalProperties: false },
);

/** A service went back in the feed of another, whose server had lost events that were read here. */
export function feedRewound(service: ServiceName): EventDefinition<typeof Rewound> {
  return rewinds[service];
}

const rewinds = Object.fromEntries(
  serviceNames.map((service) => [service, defineEvent(`${service}.feed.rewound`, Rewound)]),
) as Record<ServiceName, EventDefinition<typeof Rewound>>;

export const feedRewinds = Object.values(rewinds);
