import { ApiError } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type App, errorResponses, Page, PageQuery, readPage, unitOfWork } from '@hivesync/http';
import { type ObjectStore, objectKey, type SignedUrls } from '@hivesync/objects';
import { Type } from 'typebox';
import { actorOf } from '../actor.ts';
import { TaskParams } from '../tasks/task.schemas.ts';
import { requireProjectOfTask } from '../tasks/task.service.ts';
import { countAttachments, findContent, listAttachments } from './attachment.repository.ts';
import {
  Attachment,
  AttachmentParams,
  Download,
  GrantedUpload,
  NewAttachment,
  NewUpload,
} from './attachment.schemas.ts';
import { addAttachment, grantUpload, removeAttachment, requireAttachable } from './attachment.service.ts';

const tags = ['attachments'];

export async function attachmentRoutes(
  app: App,
  { store, signedUrls, publicUrl }: { store: ObjectStore; signedUrls: SignedUrls; publicUrl: string },
): Promise<void> {
  app.post(
    '/api/v1/tasks/:task_id/attachments/uploads',
    {
      onRequest: app.requireUser,
      config: { idempotent: true },
      schema: {
        operationId: 'grantAttachmentUpload',
        summary: 'Get a URL to upload a file to, which can then be attached to the task',
        tags,
        params: TaskParams,
        body: NewUpload,
        response: { 201: GrantedUpload, ...errorResponses('NOT_FOUND', 'LIMIT_REACHED') },
      },
    },
    (request, reply) =>
      unitOfWork(request, reply, async (tx) => {
        const { params, body, user } = request;
        const key = await grantUpload(tx, actorOf(request), user.tier, params.task_id, body);
        const { path, expiresAt } = signedUrls.sign({ method: 'PUT', key, sizeBytes: body.size_bytes });
        const granted: GrantedUpload = {
          object_key: key,
          upload_url: publicUrl + path,
          expires_at: expiresAt,
          headers: { 'content-type': 'application/octet-stream' },
        };
        return { status: 201, body: granted };
      }),
  );

  app.post(
    '/api/v1/tasks/:task_id/attachments',
    {
      onRequest: app.requireUser,
      config: { idempotent: true },
      schema: {
        operationId: 'addAttachment',
        summary: 'Attach an uploaded file or a link to a task',
        tags,
        params: TaskParams,
        body: NewAttachment,
        response: {
          201: Attachment,
          ...errorResponses('NOT_FOUND', 'UNKNOWN_REFERENCE', 'LIMIT_REACHED', 'STORAGE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { params, body, user } = request;
      await requireAttachable(store, body);
      return unitOfWork(request, reply, async (tx) => {
        const attachment = await addAttachment(tx, actorOf(request), user.tier, params.task_id, body);
        return {
          status: 201,
          body: attachment,
          headers: { location: `/api/v1/tasks/${attachment.task_id}/attachments/${attachment.id}` },
        };
      });
    },
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

  app.get(
    '/api/v1/tasks/:task_id/attachments/:attachment_id/download',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'getAttachmentDownload',
        summary: 'Get a short-lived URL to download an attachment from; of a link, its own',
        tags,
        params: AttachmentParams,
        response: { 200: Download, ...errorResponses('NOT_FOUND') },
      },
    },
    async (request) => {
      const { params, user } = request;
      await requireProjectOfTask(app.dataSource.manager, params.task_id, user.id);
      const content = await findContent(app.dataSource.manager, params.task_id, params.attachment_id);
      if (!content) throw new ApiError('NOT_FOUND');
      if (content.external_url !== null) return { url: content.external_url, expires_at: null };
      const key = objectKey(content.object_key ?? '');
      const { path, expiresAt } = signedUrls.sign({ method: 'GET', key, fileName: content.name });
      return { url: publicUrl + path, expires_at: expiresAt };
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
