import { Closed } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type App, errorResponses } from '@hivesync/http';
import { Type } from 'typebox';
import { proveAddress, requestLink } from './email-verification.service.ts';
import { linkPath } from './verification-mail.ts';
import { page, pagePolicy } from './verification-page.ts';

const tags = ['account'];

/** Proving that an address is one's own. */
export async function emailVerificationRoutes(app: App): Promise<void> {
  app.post(
    '/api/v1/me/email-verification',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'requestEmailVerification',
        summary: 'Mail me a link that proves my address',
        description:
          'For one whose first mail did not arrive. At most one a minute and five a day are sent, and none where the ' +
          'address is proven: the answer is the same.',
        tags,
        response: { 202: Closed({}, { $id: 'Accepted' }), ...errorResponses('NOT_FOUND') },
      },
    },
    async (request, reply) => {
      await transaction(app.dataSource, (tx) => requestLink(tx, request.user.id, request.origin));
      reply.code(202);
      return {};
    },
  );

  app.get(
    linkPath,
    {
      schema: {
        operationId: 'showEmailVerification',
        summary: 'The page that a mailed link leads to',
        description:
          'It has one button, which sends the token of its fragment. Reading it uses nothing up: scanners of links do.',
        tags,
        response: {
          200: { description: 'The page', content: { 'text/html': { schema: Type.String() } } },
        },
      },
    },
    async (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', pagePolicy)
        .header('referrer-policy', 'no-referrer')
        .header('x-content-type-options', 'nosniff')
        .header('cache-control', 'no-store')
        .send(page),
  );

  app.post(
    linkPath,
    {
      schema: {
        operationId: 'verifyEmail',
        summary: 'Prove an address by the token that was mailed to it',
        description: 'Each token is good for one use, within 24 hours.',
        tags,
        body: Closed(
          { token: Type.String({ minLength: 1, maxLength: 100 }) },
          { examples: [{ token: 'what stands behind #token= in the mail' }] },
        ),
        response: { 204: Type.Null({ description: 'Proven' }), ...errorResponses('GONE') },
      },
    },
    async (request, reply) => {
      await transaction(app.dataSource, (tx) => proveAddress(tx, request.body.token, request.origin));
      return reply.code(204).send(null);
    },
  );
}
