import type { Socket } from 'node:net';
import { ApiError } from '@hivesync/contracts';
import type { ConnectionError, FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { recordRefusal } from '../auth/refusals.ts';
import { ReplayedRefusal } from '../idempotency/replayed-refusal.ts';
import { problemOf, problemType } from './problem.ts';
import { toApiError } from './translate.ts';

/** Renders every error as a problem document. What is our fault is logged, what is the caller's is not. */
export async function handleError(
  thrown: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (thrown instanceof ReplayedRefusal) {
    const { status, headers, body } = thrown.answer;
    return reply.code(status).headers(headers).send(body);
  }
  const error = toApiError(thrown, request.routeOptions.bodyLimit);
  if (error.status === 500) request.log.error({ err: thrown }, 'request failed');
  else if (error.status > 500)
    request.log.warn({ err: error.cause ?? error, code: error.code }, 'unavailable');
  else if (error.cause !== undefined) request.log.warn({ err: error.cause, code: error.code }, 'refused');
  if (error.status === 403) await recordRefusal(request, error.code);
  return sendProblem(error, request, reply);
}

export function sendProblem(error: ApiError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(error.status)
    .headers(error.headers)
    .type(problemType)
    .send(JSON.stringify(problemOf(error, request)));
}

/** For URLs that the router cannot read: they reach no hook, so the request id is answered here. */
export function handleFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply.header('x-request-id', request.id);
  sendProblem(toApiError(error), request, reply);
}

/** What is written on a connection whose request is not there, or not whole: there is nothing to answer with but bytes. */
export function rawProblem(status: string, error: ApiError): string {
  const body = JSON.stringify({
    ...problemOf(error, { id: '', url: '/' }),
    status: Number.parseInt(status, 10),
  });
  return [
    `HTTP/1.1 ${status}`,
    'connection: close',
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** Bytes that are no HTTP request at all, headers that are too large, or a request that takes too long. */
export function handleClientError(error: ConnectionError, socket: Socket): void {
  if (!socket.writable) socket.destroy();
  else socket.end(clientProblem(error.code));
}

function clientProblem(code: string | undefined): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return rawProblem('408 Request Timeout', new ApiError('REQUEST_TIMEOUT'));
  }
  const malformed = new ApiError('VALIDATION_FAILED', { detail: 'The request is not well-formed HTTP.' });
  return code === 'HPE_HEADER_OVERFLOW'
    ? rawProblem('431 Request Header Fields Too Large', malformed)
    : rawProblem('400 Bad Request', malformed);
}
