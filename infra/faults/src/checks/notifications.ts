import type { Postgres } from '../postgres.ts';
import { type Finding, found } from './finding.ts';

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

export interface NotificationCounts {
  notificationsExpected: number;
  notificationsStored: number;
}

/** Everybody whom an event concerns has been notified of it once, and nobody else. */
export async function checkNotifications(
  postgres: Postgres,
): Promise<{ counts: NotificationCounts; findings: Finding[] }> {
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
  return {
    counts: {
      notificationsExpected: expected.size,
      notificationsStored: [...stored.values()].reduce((sum, times) => sum + times, 0),
    },
    findings: [
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
    ],
  };
}
