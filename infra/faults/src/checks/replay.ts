import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { appRole, roleUrl } from '@hivesync/database';
import { Connections, replayEvents } from '@hivesync/local/events';
import type { Platform } from '../platform.ts';
import { waitForQuiet } from '../quiet.ts';
import { type Finding, found } from './finding.ts';

/** What each consumer makes of others' events, without the times at which it did. */
const states: [ServiceName, name: string, sql: string][] = [
  [
    'identity',
    'notifications',
    'select id, user_id, type, is_read, source_event_id from identity.notifications',
  ],
  ['identity', 'account_deletion_parts', 'select * from identity.account_deletion_parts'],
  ['previews', 'project_members', 'select id, project_id, user_id, role from previews.project_members'],
  ['previews', 'user_refs', 'select id, state, version, display_name from previews.user_refs'],
  ['previews', 'project_refs', 'select id, state, version from previews.project_refs'],
  ['projects', 'user_refs', 'select id, state, version, display_name from projects.user_refs'],
  ['billing', 'user_refs', 'select id, state, version from billing.user_refs'],
  ['audit', 'user_refs', 'select id, state, version, display_name from audit.user_refs'],
  ['audit', 'audit_logs', 'select * from audit.audit_logs'],
];

/** Every consumer applies its whole history again, and everything is as it was. */
export async function checkReplay(platform: Platform): Promise<Finding[]> {
  const before = await read(platform);
  const consumers = [...new Set(states.map(([service]) => service))];
  await using connections = new Connections((service) =>
    roleUrl(platform.postgres.url, appRole(service), platform.roleSecret),
  );
  for (const consumer of consumers) {
    await replayEvents(connections, consumer);
    // A process that has just started looks at once; one that waits for news notices within half a minute.
    await platform.services[consumer].kill();
    platform.services[consumer].start();
  }
  const left = await waitForQuiet(platform.postgres, platform.patience);
  const after = await read(platform);
  return [
    ...found('lost', 'end of a replay', left),
    ...states.flatMap(([service, name], index) => {
      const [was, is] = [before[index]!, after[index]!];
      const what = `${service}.${name} after a replay`;
      return [
        ...found(
          'lost',
          what,
          [...was].filter((row) => !is.has(row)),
        ),
        ...found(
          'doubled',
          what,
          [...is].filter((row) => !was.has(row)),
        ),
      ];
    }),
    ...found('lost', 'event parked in a replay', await parked(platform)),
  ];
}

const read = ({ postgres }: Platform): Promise<Set<string>[]> =>
  Promise.all(
    states.map(async ([, , sql]) => {
      const rows = await postgres.query<{ row: string }>(`select row::text as row from (${sql}) as row`);
      return new Set(rows.map(({ row }) => row));
    }),
  );

async function parked({ postgres }: Platform): Promise<string[]> {
  const rows = await postgres.query<{ example: string }>(
    serviceNames
      .map(
        (service) =>
          `select '${service}: ' || type || ' ' || event_id as example from ${service}.parked_events`,
      )
      .join(' union all '),
  );
  return rows.map(({ example }) => example);
}
