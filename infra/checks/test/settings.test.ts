import { configSchema as audit } from '@hivesync/audit';
import { configSchema as billing } from '@hivesync/billing';
import { configSchema as gateway } from '@hivesync/gateway';
import { configSchema as identity } from '@hivesync/identity';
import { configSchema as previews } from '@hivesync/previews';
import { configSchema as projects } from '@hivesync/projects';
import { configSchema as workers } from '@hivesync/workers';
import { expect, test } from 'vitest';

const schemas = { audit, billing, gateway, identity, previews, projects, workers };

test.each(Object.entries(schemas))('every number that %s is set to has bounds', (_name, { properties }) => {
  const unbounded = Object.entries(properties)
    .filter(([, property]) => 'type' in property && /^(integer|number)$/.test(property.type))
    .filter(([, property]) => !('minimum' in property && 'maximum' in property));
  expect(unbounded.map(([name]) => name)).toEqual([]);
});
