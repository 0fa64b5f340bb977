import { transaction } from '@hivesync/database';
import { type App, errorResponses, Page, PageQuery, readPage, unitOfWork } from '@hivesync/http';
import { Type } from 'typebox';
import { actorOf } from '../actor.ts';
import { TaskParams } from '../tasks/task.schemas.ts';
import { requireProjectOfTask } from '../tasks/task.service.ts';
import { countAttachments, listAttachments } from './attachment.repository.ts';
import { Attachment, AttachmentParams, NewAttachment } from './attachment.schemas.ts';
import { addAttachment, removeAttachment } from './attachment.service.ts';

const tags = ['attachments'];

export async function attachmentRoutes(app: App): Promise<void> {
  app.post(
    '/api/v1/tasks/:task_id/attachments',
    {
      onRequest: app.requireUser,
      config: { idempotent: true },
      schema: {
        operationId: 'addAttachment',
        summary: 'Attach a link to a task',
        tags,
        params: TaskParams,
        body: NewAttachment,
        response: { 201: Attachment, ...errorResponses('NOT_FOUND') },
      },
    },
    (request, reply) =>
      unitOfWork(request, reply, async (tx) => {
        const attachment = await addAttachment(tx, actorOf(request), request.params.task_id, request.body);
        return {
          status: 201,
          body: attachment,
          headers: { location: `/api/v1/tasks/${attachment.task_id}/attachments/${attachment.id}` },
        };
      }),
  );

  app.get(
    '/api/v1/tasks/:task_id/attachments',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listAttachments',
        summary: 'The attachments of a task, the oldest first',
        tags,
        params: TaskParams,
        querystring: PageQuery,
        response: { 200: Page(Attachment), ...errorResponses('MALFORMED_CURSOR', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const { params, user } = request;
      const { manager } = app.dataSource;
      await requireProjectOfTask(manager, params.task_id, user.id);
      return readPage(
        request,
        (page) => listAttachments(manager, params.task_id, page),
        () => countAttachments(manager, params.task_id),
      );
    },
  );

  app.delete(
    '/api/v1/tasks/:task_id/attachments/:attachment_id',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'removeAttachment',
        summary: 'Take an attachment off a task',
        tags,
        params: AttachmentParams,
        response: { 204: Type.Null(), ...errorResponses('NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const { task_id, attachment_id } = request.params;
      await transaction(app.dataSource, (tx) =>
        removeAttachment(tx, actorOf(request), task_id, attachment_id),
      );
      return reply.code(204).send(null);
    },
  );
}
