import { type ServiceName, serviceNames } from '@hivesync/contracts';
import type { Postgres } from '../postgres.ts';
import { type Finding, found } from './finding.ts';
import { checkNotifications, type NotificationCounts } from './notifications.ts';

const outboxes = serviceNames
  .map(
    (service) =>
      `select '${service}' as service, id, type, aggregate, subject, aggregate_version, actor_id, data from ${service}.outbox`,
  )
  .join(' union all ');

/** The events that tell a deleted person's name leave the outbox once all services have reported. */
const toldOfDeletedUser = `
  log.event_type in ('identity.user.registered', 'identity.user.updated')
  and exists (select from identity.account_deletions where user_id::text = log.entity_id)`;

interface Check {
  kind: Finding['kind'];
  what: string;
  /** One column `example`, a row for each violation. */
  sql: string;
}

/** Every row of an aggregate tells each of its versions in exactly one event, or in several of one moment. */
const versioned = [
  { aggregate: 'identity.user', table: 'identity.users' },
  { aggregate: 'projects.project', table: 'projects.projects' },
  { aggregate: 'projects.task', table: 'projects.tasks' },
  { aggregate: 'projects.comment', table: 'projects.comments' },
].map(
  ({ aggregate, table }): Check => ({
    kind: 'lost',
    what: `an event for each version of ${table}`,
    sql: `
      select stored.id || ': version ' || stored.version || ', ' || count(distinct event.aggregate_version) || ' told' as example
      from ${table} as stored
      left join ${aggregate.split('.')[0]}.outbox as event
        on event.subject = stored.id::text
        and event.aggregate = '${aggregate}'
        and event.aggregate_version > 0
      group by stored.id, stored.version
      having count(distinct event.aggregate_version) <> stored.version
        or max(event.aggregate_version) <> stored.version`,
  }),
);

/** Every reference table of users holds every user, as the last event that carries what is kept there told. */
const userRefs = (['projects', 'previews', 'billing', 'audit'] satisfies ServiceName[]).map(
  (service): Check => ({
    kind: 'lost',
    what: `${service}.user_refs`,
    sql: `
      select users.id || ': ' || coalesce('version ' || known.version, 'unknown') || ' of ' || told.version as example
      from identity.users
      cross join lateral (
        select max(aggregate_version) as version
        from identity.outbox
        where subject = users.id::text
          and type in ('identity.user.registered', 'identity.user.updated')
      ) as told
      left join ${service}.user_refs as known on known.id = users.id
      where known.id is null
        or known.state <> 'active'
        or known.version <> told.version`,
  }),
);

const checks: Check[] = [
  ...versioned,
  ...userRefs,
  {
    kind: 'lost',
    what: 'audit row of an event',
    sql: `
      select service || ' ' || type || ' ' || event.id as example
      from (${outboxes}) as event
      where not exists (select from audit.audit_logs as log where log.id = event.id)`,
  },
  {
    kind: 'doubled',
    what: 'audit rows of one event',
    sql: `
      select id || ': ' || count(*) as example
      from audit.audit_logs
      group by id
      having count(*) > 1`,
  },
  {
    kind: 'doubled',
    what: 'audit row of no event',
    sql: `
      select log.event_type || ' ' || log.id as example
      from audit.audit_logs as log
      where not exists (select from (${outboxes}) as event where event.id = log.id)
        and not (${toldOfDeletedUser})`,
  },
  {
    kind: 'lost',
    what: 'end of a deletion',
    sql: `
      select user_id || ' in ' || service as example
      from identity.account_deletion_parts
      where completed_at is null`,
  },
  {
    kind: 'doubled',
    what: 'creations told of one thing',
    sql: `
      select type || ' ' || subject as example
      from (${outboxes}) as event
      where type in ('identity.user.registered', 'projects.project.created', 'projects.task.created', 'projects.comment.added')
      group by type, subject
      having count(*) > 1`,
  },
  {
    kind: 'lost',
    what: 'event parked',
    sql: serviceNames
      .map(
        (service) =>
          `select '${service}: ' || type || ' ' || left(error, 200) as example from ${service}.parked_events`,
      )
      .join(' union all '),
  },
  ...between('previews.project_refs', 'projects.projects', 'id, version', {
    kept: `select id, version from previews.project_refs where state = 'active'`,
    owned: 'select id, version from projects.projects',
  }),
  ...between('previews.project_members', 'projects.team_members', 'id, project_id, user_id', {
    kept: 'select id, project_id, user_id from previews.project_members',
    owned: 'select id, project_id, user_id from projects.team_members',
  }),
];

/** What one service keeps of another's rows is the same, in both directions. */
function between(
  kept: string,
  owned: string,
  columns: string,
  sql: { kept: string; owned: string },
): Check[] {
  const compare = (one: string, other: string) =>
    `select row(${columns})::text as example from (${one} except ${other}) as differing`;
  return [
    { kind: 'lost', what: `${owned} missing in ${kept}`, sql: compare(sql.owned, sql.kept) },
    { kind: 'doubled', what: `${kept} that ${owned} does not have`, sql: compare(sql.kept, sql.owned) },
  ];
}

/** What was counted, so that a check that compares nothing with nothing shows. */
export interface EffectCounts extends NotificationCounts {
  /** In all outboxes. */
  events: number;
  /** Events that have left their outbox because they told of a person who is deleted. */
  erased: number;
  /** One for each event, erased ones included. */
  auditRows: number;
}

/** Each event has had each of its effects, and none twice. */
export async function checkEffects(
  postgres: Postgres,
): Promise<{ counts: EffectCounts; findings: Finding[] }> {
  const findings: Finding[] = [];
  for (const { kind, what, sql } of checks) {
    const rows = await postgres.query<{ example: string }>(sql);
    findings.push(
      ...found(
        kind,
        what,
        rows.map(({ example }) => example),
      ),
    );
  }
  const notifications = await checkNotifications(postgres);
  const [counted] = await postgres.query<Pick<EffectCounts, 'events' | 'erased' | 'auditRows'>>(
    `select (select count(*)::integer from (${outboxes}) as event) as events,
            (
              select count(*)::integer
              from audit.audit_logs as log
              where ${toldOfDeletedUser}
                and not exists (select from identity.outbox where outbox.id = log.id)
            ) as erased,
            (select count(*)::integer from audit.audit_logs) as "auditRows"`,
  );
  return {
    counts: { ...counted!, ...notifications.counts },
    findings: [...findings, ...notifications.findings],
  };
}
