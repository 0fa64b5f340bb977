import { type AggregateName, aggregates, type ServiceName } from '@hivesync/contracts';
import { type ServiceDatabase, tableNameOf } from '@hivesync/database';
import { databases } from '@hivesync/local';

export type Homes = Record<AggregateName, { service: ServiceName; table: string }>;

/**
 * Where an aggregate's rows live with its owner, as the owner declares.
 * @throws Error where an aggregate of the contracts is claimed by nobody
 */
export function homesOf(owners: readonly ServiceDatabase[]): Homes {
  const names = Object.keys(aggregates) as AggregateName[];
  return Object.fromEntries(
    names.map((aggregate) => {
      const { owner } = aggregates[aggregate];
      const entity = owners.find(({ service }) => service === owner)?.owns?.[aggregate];
      if (!entity) throw new Error(`${owner} does not say in \`owns\` which entity ${aggregate} is`);
      return [aggregate, { service: owner, table: tableNameOf(entity) }];
    }),
  ) as Homes;
}

export const homes = homesOf(Object.values(databases));
