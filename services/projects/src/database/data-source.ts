import { defineDatabase } from '@hivesync/database';
import { TaskAttachment } from '../attachments/task-attachment.entity.ts';
import { Comment } from '../comments/comment.entity.ts';
import { TaskDependency } from '../dependencies/task-dependency.entity.ts';
import { ProjectFavorite } from '../favorites/project-favorite.entity.ts';
import { TaskLabel } from '../labels/task-label.entity.ts';
import { TaskLabelLink } from '../labels/task-label-link.entity.ts';
import { sweepInvitations } from '../members/invitation-sweep.repository.ts';
import { sweepMemberships } from '../members/member-sweep.repository.ts';
import { TeamInvitation } from '../members/team-invitation.entity.ts';
import { TeamMember } from '../members/team-member.entity.ts';
import { ObjectRemoval } from '../objects/object-removal.entity.ts';
import { ObjectUpload } from '../objects/object-upload.entity.ts';
import { Project } from '../projects/project.entity.ts';
import { sweepOwnedProjects, sweepProject } from '../projects/project-deletion.service.ts';
import { UserRef } from '../references/user-ref.entity.ts';
import { SampleProject } from '../samples/sample-project.entity.ts';
import { ProjectTag } from '../tags/project-tag.entity.ts';
import { Task } from '../tasks/task.entity.ts';
import { WebhookDelivery } from '../webhooks/webhook-delivery.entity.ts';
import { WebhookEndpoint } from '../webhooks/webhook-endpoint.entity.ts';
import { CreatePlatformTables1763800000000 } from './migrations/1763800000000-create-platform-tables.ts';
import { CreateUserRefs1763800001000 } from './migrations/1763800001000-create-user-refs.ts';
import { CreateProjects1763800002000 } from './migrations/1763800002000-create-projects.ts';
import { CreateTeamMembers1763800003000 } from './migrations/1763800003000-create-team-members.ts';
import { CreateProjectTagsAndFavorites1763800004000 } from './migrations/1763800004000-create-project-tags-and-favorites.ts';
import { CreateTasks1763800005000 } from './migrations/1763800005000-create-tasks.ts';
import { CreateTaskLabels1763800006000 } from './migrations/1763800006000-create-task-labels.ts';
import { CreateTaskDependencies1763800007000 } from './migrations/1763800007000-create-task-dependencies.ts';
import { CreateTaskAttachments1763800008000 } from './migrations/1763800008000-create-task-attachments.ts';
import { CreateComments1763800009000 } from './migrations/1763800009000-create-comments.ts';
import { CreateWebhooks1763800010000 } from './migrations/1763800010000-create-webhooks.ts';
import { CreateSampleProjects1763800011000 } from './migrations/1763800011000-create-sample-projects.ts';
import { CreateReferenceSweeps1763900000000 } from './migrations/1763900000000-create-reference-sweeps.ts';
import { AddProjectDeletedAt1763900001000 } from './migrations/1763900001000-add-project-deleted-at.ts';
import { CreateObjectUploads1764000100000 } from './migrations/1764000100000-create-object-uploads.ts';
import { ForgetDeletedPeople1764000400000 } from './migrations/1764000400000-forget-deleted-people.ts';
import { KeepTombstones1764000700000 } from './migrations/1764000700000-keep-tombstones.ts';
import { FoldSearchedTexts1764140000000 } from './migrations/1764140000000-fold-searched-texts.ts';
import { IndexFoldedTexts1764140001000 } from './migrations/1764140001000-index-folded-texts.ts';
import { AddFeedEpochs1764170000000 } from './migrations/1764170000000-add-feed-epochs.ts';
import { KeepUnknownEvents1764170001000 } from './migrations/1764170001000-keep-unknown-events.ts';

export const database = defineDatabase({
  service: 'projects',
  entities: [
    TaskAttachment,
    Comment,
    TaskDependency,
    ProjectFavorite,
    TaskLabel,
    TaskLabelLink,
    // Before the memberships: tasks of projects that go need not be cleared first.
    Project,
    TeamInvitation,
    TeamMember,
    ObjectRemoval,
    ObjectUpload,
    UserRef,
    SampleProject,
    ProjectTag,
    Task,
    WebhookDelivery,
    WebhookEndpoint,
  ],
  owns: { 'projects.project': Project },
  cascades: {
    'team_invitations.user_id': sweepInvitations,
    'team_members.user_id': sweepMemberships,
    'projects.owner_id': sweepOwnedProjects,
  },
  sweeps: { 'projects.project': sweepProject },
  plainIds: {
    'comments.entity_id':
      'polymorphic: entity_type says what it names; task_id is the key where that is a task',
    'webhook_deliveries.event_id': 'an event of the outbox, which is pruned before this log',
  },
  unchangingTables: {
    team_members: 'a membership begins and ends',
    project_favorites: 'set or not set',
    task_label_links: 'set or not set',
    task_dependencies: 'set or not set',
    task_attachments: 'added or removed, never changed',
  },
  migrations: [
    CreatePlatformTables1763800000000,
    CreateUserRefs1763800001000,
    CreateProjects1763800002000,
    CreateTeamMembers1763800003000,
    CreateProjectTagsAndFavorites1763800004000,
    CreateTasks1763800005000,
    CreateTaskLabels1763800006000,
    CreateTaskDependencies1763800007000,
    CreateTaskAttachments1763800008000,
    CreateComments1763800009000,
    CreateWebhooks1763800010000,
    CreateSampleProjects1763800011000,
    CreateReferenceSweeps1763900000000,
    AddProjectDeletedAt1763900001000,
    CreateObjectUploads1764000100000,
    ForgetDeletedPeople1764000400000,
    KeepTombstones1764000700000,
    FoldSearchedTexts1764140000000,
    IndexFoldedTexts1764140001000,
    AddFeedEpochs1764170000000,
    KeepUnknownEvents1764170001000,
  ],
});
