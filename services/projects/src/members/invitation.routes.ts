import { foldEmail } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type App, errorResponses, Page, PageQuery, readPage, unitOfWork } from '@hivesync/http';
import { Type } from 'typebox';
import { actorOf } from '../actor.ts';
import { ProjectParams } from '../projects/project.schemas.ts';
import { requireOwner } from './access.ts';
import {
  countInvitations,
  listProjectInvitations,
  listReceivedInvitations,
} from './invitation.repository.ts';
import { acceptInvitation, declineInvitation, invite } from './invitation.service.ts';
import {
  Invitation,
  InvitationParams,
  Membership,
  NewInvitation,
  ReceivedInvitation,
} from './member.schemas.ts';
import type { UserDirectory } from './user-directory.ts';

const tags = ['members'];

export async function invitationRoutes(app: App, { directory }: { directory: UserDirectory }): Promise<void> {
  app.post(
    '/api/v1/projects/:project_id/invitations',
    {
      onRequest: app.requireUser,
      config: { idempotent: true },
      schema: {
        operationId: 'inviteMember',
        summary: 'Invite somebody by email; for the owner',
        description: 'The answer is the same whether the address belongs to an account or not.',
        tags,
        params: ProjectParams,
        body: NewInvitation,
        response: {
          202: Invitation,
          ...errorResponses('OWNER_ONLY', 'NOT_FOUND', 'ALREADY_MEMBER', 'UPSTREAM_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { project_id } = request.params;
      const email = foldEmail(request.body.email);
      // Asked before identity is, so that only owners can make us ask; and outside of the transaction below.
      await requireOwner(app.dataSource.manager, project_id, actor.id);
      const userId = await directory.findByEmail(email, request.id);
      return unitOfWork(request, reply, async (tx) => ({
        status: 202,
        body: await invite(tx, actor, project_id, email, userId),
      }));
    },
  );

  app.get(
    '/api/v1/projects/:project_id/invitations',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listProjectInvitations',
        summary: 'Pending invitations to a project; for the owner',
        tags,
        params: ProjectParams,
        querystring: PageQuery,
        response: { 200: Page(Invitation), ...errorResponses('MALFORMED_CURSOR', 'OWNER_ONLY', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const { params, user } = request;
      const { manager } = app.dataSource;
      await requireOwner(manager, params.project_id, user.id);
      return readPage(
        request,
        (page) => listProjectInvitations(manager, params.project_id, page),
        () => countInvitations(manager, { projectId: params.project_id }),
      );
    },
  );

  app.get(
    '/api/v1/invitations',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listMyInvitations',
        summary: "Invitations that wait for the caller's answer",
        tags,
        querystring: PageQuery,
        response: { 200: Page(ReceivedInvitation), ...errorResponses('MALFORMED_CURSOR') },
      },
    },
    async (request) => {
      const { user } = request;
      const { manager } = app.dataSource;
      return readPage(
        request,
        (page) => listReceivedInvitations(manager, user.id, page),
        () => countInvitations(manager, { userId: user.id }),
      );
    },
  );

  app.post(
    '/api/v1/invitations/:invitation_id/accept',
    {
      onRequest: app.requireUser,
      config: { idempotent: true },
      schema: {
        operationId: 'acceptInvitation',
        summary: 'Become a member of the project',
        tags,
        params: InvitationParams,
        response: { 200: Membership, ...errorResponses('NOT_FOUND', 'ALREADY_MEMBER') },
      },
    },
    (request, reply) =>
      unitOfWork(request, reply, async (tx) => ({
        status: 200,
        body: await acceptInvitation(tx, actorOf(request), request.params.invitation_id),
      })),
  );

  app.post(
    '/api/v1/invitations/:invitation_id/decline',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'declineInvitation',
        summary: 'Decline; the invitation and its address are forgotten',
        tags,
        params: InvitationParams,
        response: { 204: Type.Null(), ...errorResponses('NOT_FOUND') },
      },
    },
    async (request, reply) => {
      await transaction(app.dataSource, (tx) =>
        declineInvitation(tx, actorOf(request), request.params.invitation_id),
      );
      return reply.code(204).send(null);
    },
  );
}
