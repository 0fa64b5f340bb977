import type { DataSource } from '@hivesync/database';
import { type App, createApp, type ServiceAppOptions } from '@hivesync/http';
import { FileObjectStore, type ObjectStore, SignedUrls } from '@hivesync/objects';
import { attachmentRoutes } from './attachments/attachment.routes.ts';
import { commentRoutes } from './comments/comment.routes.ts';
import type { Config } from './config.ts';
import { database } from './database/data-source.ts';
import { dependencyRoutes } from './dependencies/dependency.routes.ts';
import { favoriteRoutes } from './favorites/favorite.routes.ts';
import { labelRoutes } from './labels/label.routes.ts';
import { claimRoutes } from './members/claim.routes.ts';
import { invitationRoutes } from './members/invitation.routes.ts';
import { memberRoutes } from './members/member.routes.ts';
import { membershipListRoutes } from './members/membership-list.routes.ts';
import { identityDirectory, type UserDirectory } from './members/user-directory.ts';
import { objectRoutes } from './objects/object.routes.ts';
import { objectRemoval } from './objects/object-removal.service.ts';
import { projectRoutes } from './projects/project.routes.ts';
import { projectResolveRoutes } from './projects/project-resolve.routes.ts';
import { searchRoutes } from './search/search.routes.ts';
import { foldUnfolded } from './search/unfolded.repository.ts';
import { subscriptions } from './subscriptions.ts';
import { tagRoutes } from './tags/tag.routes.ts';
import { taskRoutes } from './tasks/task.routes.ts';

export { type Config, configSchema, loadConfig } from './config.ts';
export type { UserDirectory } from './members/user-directory.ts';
export { database, subscriptions };

export interface Dependencies extends Pick<ServiceAppOptions, 'keys' | 'logger'> {
  config: Config;
  dataSource: DataSource;
  /** Who knows people by email. Default: identity, over HTTP. */
  directory?: UserDirectory;
}

/** The projects service as an app that does not listen yet. Its data source need not be connected. */
export async function buildApp({ config, dataSource, keys, logger, directory }: Dependencies): Promise<App> {
  const app = await createApp({
    service: 'projects',
    config,
    dataSource,
    database,
    subscriptions,
    openapi: {
      title: 'HiveSync projects',
      description: 'Projects and their members, tasks, labels, comments and tags, and the search in them.',
      tags: {
        attachments: 'Files and links of tasks. Bytes go over signed URLs, not through the API',
        comments: 'What members say about a project, a task, a job or a line of code',
        labels: 'Names with a colour that tasks of a project carry',
        members: 'Who works on a project, and who is invited to',
        projects: 'What people share, and own',
        search: 'Finding projects, tasks and comments by their words',
        tags: 'Names with a colour that a project carries',
        tasks: 'What is to be done in a project, by whom, until when, and after what',
      },
    },
    keys,
    logger,
    streamsBodies: true,
  });
  await app.register(projectRoutes);
  await app.register(memberRoutes);
  await app.register(invitationRoutes, {
    directory: directory ?? identityDirectory(app.callService),
  });
  await app.register(tagRoutes);
  await app.register(favoriteRoutes);
  await app.register(taskRoutes);
  await app.register(labelRoutes);
  await app.register(dependencyRoutes);
  const store: ObjectStore = new FileObjectStore(config.OBJECTS_DIR);
  const signedUrls = new SignedUrls(config.OBJECTS_SIGNING_SECRET);
  await app.register(attachmentRoutes, { store, signedUrls, publicUrl: config.PUBLIC_URL });
  await app.register(objectRoutes, { store, signedUrls });
  objectRemoval(app, store);
  await app.register(commentRoutes);
  await app.register(searchRoutes);
  app.lifecycle.every('texts to fold', 5, () => foldUnfolded(dataSource), { holdsStart: false });
  await app.register(projectResolveRoutes);
  await app.register(claimRoutes);
  await app.register(membershipListRoutes);
  return app;
}
