import { ApiError } from '@hivesync/contracts';
import { type Transaction, transaction } from '@hivesync/database';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, problemType } from '../errors/problem.ts';
import { toApiError } from '../errors/translate.ts';
import { idempotentRequest, replayable, replayHeaders } from './idempotency-key.ts';
import { ReplayedRefusal } from './replayed-refusal.ts';
import {
  findAnswer,
  holdKey,
  type IdempotentRequest,
  type StoredAnswer,
  storeAnswer,
} from './stored-answers.ts';

/** What a unit of work answers. */
export interface Outcome<Body> {
  status: number;
  /** Left out for an answer without body (204). */
  body?: Body;
  headers?: Record<string, string>;
}

type Work<Body> = (tx: Transaction) => Promise<Outcome<Body>>;

/** Errors that another try may not meet again: they are not kept under the key. */
const passing = new Set([401, 408, 409, 425, 429]);
const kept = (error: ApiError): boolean =>
  error.status < 500 &&
  (!passing.has(error.status) || error.code === 'CONFLICT' || error.code.endsWith('_TAKEN'));

/**
 * Runs a route's change in one transaction and answers with its outcome: `return unitOfWork(request, reply, ...)`.
 *
 * On a route with `config: { idempotent: true }`, a request with `Idempotency-Key` stores its answer in the same
 * transaction as the effect, so either both last or neither. A refusal (4xx) is stored too, with the work undone.
 * While one request holds the key, others get 409 IDEMPOTENCY_KEY_IN_USE.
 *
 * `work` may run again after a deadlock, so it does nothing but SQL on its transaction.
 */
export async function unitOfWork<Body = undefined>(
  request: FastifyRequest,
  reply: FastifyReply,
  work: Work<Body>,
): Promise<Body> {
  const { dataSource } = request.server;
  const identified = idempotentRequest(request);
  const answer = identified
    ? await transaction(dataSource, (tx) => once(tx, identified, request, reply, work))
    : fresh(await transaction(dataSource, work));
  if (answer.kind === 'refused') throw answer.error;
  reply.code(answer.status).headers(answer.headers);
  // What was stored is what this route's serializer made of such a body, and it makes the same of it again.
  return answer.body as Body;
}

type Answer<Body> =
  | { kind: 'answered'; status: number; headers: Record<string, string>; body: Body | undefined }
  | { kind: 'refused'; error: ApiError | ReplayedRefusal };

const fresh = <Body>({ status, headers = {}, body }: Outcome<Body>): Answer<Body> => ({
  kind: 'answered',
  status,
  headers,
  body,
});

async function once<Body>(
  tx: Transaction,
  identified: IdempotentRequest,
  request: FastifyRequest,
  reply: FastifyReply,
  work: Work<Body>,
): Promise<Answer<Body>> {
  if (!(await holdKey(tx, identified))) {
    throw new ApiError('IDEMPOTENCY_KEY_IN_USE', { headers: { 'retry-after': '1' } });
  }
  // Another request may have ended between the early look and ours at the lock.
  const stored = replayable(await findAnswer(tx, identified), identified);
  if (stored) return replay<Body>(stored);
  try {
    const outcome = await tx.transaction(work); // a savepoint: what is refused leaves nothing behind
    const body = outcome.body === undefined ? null : serialized(reply, outcome.status, outcome.body);
    await storeAnswer(tx, identified, { status: outcome.status, headers: outcome.headers ?? {}, body });
    return fresh(outcome);
  } catch (thrown) {
    const error = toApiError(thrown);
    if (!kept(error)) throw thrown;
    await storeAnswer(tx, identified, {
      status: error.status,
      headers: { ...error.headers, 'content-type': `${problemType}; charset=utf-8` },
      body: JSON.stringify(problemOf(error, request)),
    });
    return { kind: 'refused', error };
  }
}

function serialized(reply: FastifyReply, status: number, body: unknown): string {
  const text = reply.code(status).serialize(body);
  if (typeof text !== 'string') throw new TypeError('An idempotent answer must be JSON');
  return text;
}

function replay<Body>(stored: StoredAnswer): Answer<Body> {
  if (stored.status >= 400)
    return { kind: 'refused', error: new ReplayedRefusal({ ...stored, headers: replayHeaders(stored) }) };
  return {
    kind: 'answered',
    status: stored.status,
    headers: replayHeaders(stored),
    body: stored.body === null ? undefined : (JSON.parse(stored.body) as Body),
  };
}
