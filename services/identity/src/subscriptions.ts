import {
  commentAdded,
  feedRewound,
  integrityAudited,
  memberInvited,
  memberJoined,
  memberLeft,
  referenceSwept,
  serviceNames,
  taskAssigned,
  taskCompleted,
  type UserId,
} from '@hivesync/contracts';
import { defineSubscriptions, on } from '@hivesync/events';
import { forgetNames, recordPart } from './account-deletion/account-deletion.repository.ts';
import { database } from './database/data-source.ts';
import { notifyAdmins, notifyOfEvent } from './notifications/notify.ts';

const present = (ids: readonly (UserId | null)[]): UserId[] => ids.filter((id) => id !== null);

/** What identity does about others' events: it fills inboxes, and reports on deleted accounts. */
export const subscriptions = defineSubscriptions({
  database,
  handlers: [
    ...serviceNames.map((service) =>
      on(referenceSwept(service), async (tx, { subject, time, data }) => {
        if (data.aggregate !== 'identity.user') return;
        const { removed, longest_lock_ms: longestLockMs } = data;
        await recordPart(tx, { userId: subject, service, removed, longestLockMs, at: time });
        await forgetNames(tx, subject);
      }),
    ),

    ...serviceNames.map((service) =>
      on(feedRewound(service), (tx, event) =>
        notifyAdmins(tx, event, 'integrity_finding', {
          finding: 'feed_set_back',
          reader: service,
          ...event.data,
        }),
      ),
    ),

    on(integrityAudited, async (tx, event) => {
      if (event.data.found > 0) await notifyAdmins(tx, event, 'integrity_finding', event.data);
    }),

    on(taskAssigned, (tx, event) => {
      const { project_id, number, title, assignee_id } = event.data;
      const payload = { project_id, task_id: event.subject, number, title, actor_id: event.actorid ?? null };
      return notifyOfEvent(tx, event, { type: 'task_assigned', recipients: [assignee_id], payload });
    }),

    on(taskCompleted, (tx, event) => {
      const { project_id, number, title, assignee_id, created_by } = event.data;
      const payload = { project_id, task_id: event.subject, number, title, actor_id: event.actorid ?? null };
      const recipients = present([created_by, assignee_id]);
      return notifyOfEvent(tx, event, { type: 'task_completed', recipients, payload });
    }),

    on(commentAdded, async (tx, event) => {
      const { project_id, entity_type, entity_id, parent_id, author_id, mentions, interested } = event.data;
      const payload = { project_id, comment_id: event.subject, entity_type, entity_id, parent_id, author_id };
      const mentioned = mentions.filter((id) => id !== author_id);
      // Whoever is mentioned hears of that, and not of the comment once more.
      const others = interested.filter((id) => id !== author_id && !mentions.includes(id));
      await notifyOfEvent(tx, event, { type: 'comment_mention', recipients: mentioned, payload });
      await notifyOfEvent(tx, event, { type: 'comment_added', recipients: others, payload });
    }),

    on(memberInvited, (tx, event) => {
      const { project_id, project_name, user_id } = event.data;
      const payload = {
        project_id,
        project_name,
        invitation_id: event.subject,
        actor_id: event.actorid ?? null,
      };
      return notifyOfEvent(tx, event, { type: 'team_invite', recipients: present([user_id]), payload });
    }),

    on(memberJoined, (tx, event) => {
      const { project_id, project_name, owner_id, user_id } = event.data;
      const recipients = [owner_id].filter((id) => id !== user_id);
      return notifyOfEvent(tx, event, {
        type: 'team_joined',
        recipients,
        payload: { project_id, project_name, user_id },
      });
    }),

    on(memberLeft, (tx, event) => {
      const { project_id, project_name, owner_id, user_id } = event.data;
      return notifyOfEvent(tx, event, {
        type: 'team_member_left',
        recipients: [owner_id, user_id],
        payload: { project_id, project_name, user_id, actor_id: event.actorid ?? null },
      });
    }),
  ],
});
