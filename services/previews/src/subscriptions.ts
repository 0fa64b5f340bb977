import { memberJoined, memberLeft, type TeamMemberId } from '@hivesync/contracts';
import { defineSubscriptions, on } from '@hivesync/events';
import { database } from './database/data-source.ts';
import { endMembership, keepMembership } from './members/project-member.repository.ts';

/**
 * References to users, projects and workers follow their owners by the declarations on our entities. Beside
 * them we keep who is a member of what, to decide who may see a project's jobs.
 */
export const subscriptions = defineSubscriptions({
  database,
  handlers: [
    on(memberJoined, (tx, event) =>
      keepMembership(tx, {
        id: event.subject as TeamMemberId,
        projectId: event.data.project_id,
        userId: event.data.user_id,
        role: event.data.role,
      }),
    ),
    on(memberLeft, (tx, event) => endMembership(tx, event.subject as TeamMemberId)),
  ],
});
