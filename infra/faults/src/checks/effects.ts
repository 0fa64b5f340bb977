import { type ServiceName, serviceNames } from '@hivesync/contracts';
import type { Postgres } from '../postgres.ts';
import { type Finding, found } from './finding.ts';

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

/** Every reference table of users holds every user, as identity has them now. */
const userRefs = (['projects', 'previews', 'billing', 'audit'] satisfies ServiceName[]).map(
  (service): Check => ({
    kind: 'lost',
    what: `${service}.user_refs`,
    sql: `
      select users.id || ': ' || coalesce('version ' || known.version, 'unknown') || ' of ' || users.version as example
      from identity.users
      left join ${service}.user_refs as known on known.id = users.id
      where known.id is null
        or known.state <> 'active'
        or known.version <> users.version`,
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

/** Each event has had each of its effects, and none twice. */
export async function checkEffects(postgres: Postgres): Promise<Finding[]> {
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
  return [...findings, ...(await checkNotifications(postgres))];
}

interface Told {
  id: string;
  type: string;
  actor_id: string | null;
  data: Record<string, string | string[] | null>;
}

/** Who has to hear of an event, written down once more from behaviour rather than from identity's code. */
function recipientsOf({ type, actor_id, data }: Told): Set<string> {
  const named: Record<string, (string | string[] | null | undefined)[]> = {
    'projects.task.assigned': [data.assignee_id],
    'projects.task.completed': [data.assignee_id, data.created_by],
    'projects.comment.added': [data.mentions, data.interested],
    'projects.member.invited': [data.user_id],
    'projects.member.joined': [data.owner_id],
    'projects.member.left': [data.owner_id, data.user_id],
  };
  const author = type === 'projects.comment.added' ? data.author_id : null;
  const people = (named[type] ?? []).flat().filter((id): id is string => typeof id === 'string');
  return new Set(people.filter((id) => id !== actor_id && id !== author));
}

async function checkNotifications(postgres: Postgres): Promise<Finding[]> {
  const events = await postgres.query<Told>('select id, type, actor_id, data from projects.outbox');
  const rows = await postgres.query<{ event: string; person: string; times: number }>(
    `select source_event_id as event, user_id as person, count(*)::integer as times
     from identity.notifications
     where source_event_id is not null
     group by source_event_id, user_id`,
  );
  const people = await postgres.query<{ id: string }>('select id from identity.users');
  const present = new Set(people.map(({ id }) => id));
  const expected = new Set(
    events.flatMap((event) =>
      [...recipientsOf(event)].filter((id) => present.has(id)).map((person) => `${event.id} ${person}`),
    ),
  );
  const stored = new Map(rows.map(({ event, person, times }) => [`${event} ${person}`, times]));
  return [
    ...found(
      'lost',
      'notification',
      [...expected].filter((one) => !stored.has(one)),
    ),
    ...found(
      'doubled',
      'notification',
      [...stored].flatMap(([one, times]) => (times > 1 || !expected.has(one) ? [`${one}: ${times}`] : [])),
    ),
  ];
}
