import { Closed } from '@hivesync/contracts';
import { type App, errorResponses, Page, PageQuery, readPage } from '@hivesync/http';
import { countNotifications, listNotifications, markRead } from './notification.repository.ts';
import {
  MarkedRead,
  MarkReadBody,
  NotificationInList,
  NotificationListQuery,
  toNotification,
  UnreadCount,
} from './notification.schemas.ts';

const tags = ['notifications'];

/** A person's inbox. It is filled by events, never through the API. */
export async function notificationRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/notifications',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listNotifications',
        summary: 'My notifications, newest first',
        tags,
        querystring: Closed({ ...PageQuery.properties, ...NotificationListQuery.properties }),
        response: { 200: Page(NotificationInList), ...errorResponses('MALFORMED_CURSOR') },
      },
    },
    async (request) => {
      const { user, query } = request;
      const { unread = false } = query;
      const page = await readPage(
        request,
        (page) => listNotifications(app.dataSource, user.id, unread, page),
        () => countNotifications(app.dataSource, user.id, unread),
      );
      return { ...page, items: page.items.map(toNotification) };
    },
  );

  app.get(
    '/api/v1/notifications/unread-count',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'countUnreadNotifications',
        summary: 'How many of my notifications are not read',
        tags,
        response: { 200: UnreadCount },
      },
    },
    async (request) => ({ unread: await countNotifications(app.dataSource, request.user.id, true) }),
  );

  app.post(
    '/api/v1/notifications/read',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'markNotificationsRead',
        summary: 'Mark some or all of my notifications as read',
        description: 'Ids that are not mine, or are read, are passed over: it may be repeated.',
        tags,
        body: MarkReadBody,
        response: { 200: MarkedRead },
      },
    },
    async (request) => {
      const ids = 'ids' in request.body ? request.body.ids : 'all';
      return { marked: await markRead(app.dataSource, request.user.id, ids) };
    },
  );
}
