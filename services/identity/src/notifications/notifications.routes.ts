import {
  type App,
  cursorScope,
  decodeCursor,
  errorResponses,
  Page,
  PageQuery,
  pageFrom,
} from '@hivesync/http';
import { Closed } from '../fields.schemas.ts';
import { countNotifications, listNotifications, markRead } from './notifications.repository.ts';
import {
  MarkedRead,
  MarkReadBody,
  NotificationInList,
  NotificationListQuery,
  toNotification,
  UnreadCount,
} from './notifications.schemas.ts';

const tags = ['Notifications'];

/** A person's inbox. It is filled by events, never through the API. */
export async function notificationsRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/notifications',
    {
      preHandler: app.requireUser,
      schema: {
        operationId: 'listNotifications',
        summary: 'My notifications, newest first',
        tags,
        querystring: Closed({ ...PageQuery.properties, ...NotificationListQuery.properties }),
        response: { 200: Page(NotificationInList), ...errorResponses('MALFORMED_CURSOR') },
      },
    },
    async (request) => {
      const { limit, cursor, include_total, unread = false } = request.query;
      const scope = cursorScope(request);
      const before = decodeCursor(cursor, scope)?.id ?? null;
      const rows = await listNotifications(app.dataSource, request.user.id, unread, before, limit);
      const { items, next_cursor } = pageFrom(rows, limit, ({ id }) => ({ sort: null, id }), scope);
      const total = include_total
        ? { total: await countNotifications(app.dataSource, request.user.id, unread) }
        : {};
      return { items: items.map(toNotification), next_cursor, ...total };
    },
  );

  app.get(
    '/api/v1/notifications/unread-count',
    {
      preHandler: app.requireUser,
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
      preHandler: app.requireUser,
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
