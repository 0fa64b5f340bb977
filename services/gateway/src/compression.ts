import { pipeline, type Transform } from 'node:stream';
import { constants, createBrotliCompress, createGzip } from 'node:zlib';
import { negotiate } from '@fastify/accept-negotiator';
import { ApiError } from '@hivesync/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addVary } from './vary.ts';

/** In the order of preference. Brotli at 4 is as fast as gzip and smaller; its default of 11 is for files made once. */
const codings: Record<string, () => Transform> = {
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: () => createGzip(),
};
const known = [...Object.keys(codings), 'identity'];

/** Bytes: shorter answers fit in one packet anyway. */
const threshold = 1_024;
const textual =
  /^(text\/(?!event-stream)|application\/([\w.-]+\+)?(json|xml)\b|application\/javascript\b|image\/svg\+xml\b)/i;

/**
 * Compresses answers for clients that ask for it, where that is worth it and safe: a 200 to GET of 1 KiB or more of
 * text whose length is known. So what is streamed with no end in sight is left alone, as are downloads (they are no
 * text), answers with tokens and new secrets (they are none to GET, or say `no-store`), and errors.
 *
 * A length tells of what it encloses: where an answer holds a secret together with text that an attacker chooses, many
 * such answers reveal it (BREACH). An attacker would have to make a victim's client ask, which takes the victim's
 * token, as no cookie is ever looked at.
 *
 * A strong entity tag names bytes, so two codings must not share it (RFC 9110, 8.8.3.3): that of a coded answer is the
 * service's with the coding's name at its end, `"3.Vq0f3xkP7bYtQm2A.br"`. The services understand it (ADR 20).
 */
export function compression(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode === 304) addVary(reply, 'accept-encoding');
    if (!isWorthIt(request, reply, payload)) return payload;
    addVary(reply, 'accept-encoding');
    const coding = negotiate(String(request.headers['accept-encoding'] ?? ''), known);
    const compress = coding === null ? undefined : codings[coding];
    if (!compress || request.method === 'HEAD') return payload;
    return encoded(reply, payload, String(coding), compress());
  });
}

function isWorthIt({ method }: FastifyRequest, reply: FastifyReply, payload: unknown): boolean {
  if (reply.statusCode !== 200 || (method !== 'GET' && method !== 'HEAD')) return false;
  if (!textual.test(String(reply.getHeader('content-type') ?? '')) || reply.hasHeader('content-encoding')) {
    return false;
  }
  if (/\bno-(store|transform)\b/.test(String(reply.getHeader('cache-control') ?? ''))) return false;
  const length =
    typeof payload === 'string' || Buffer.isBuffer(payload)
      ? Buffer.byteLength(payload)
      : reply.getHeader('content-length');
  return Number(length ?? 0) >= threshold;
}

function encoded(reply: FastifyReply, payload: unknown, coding: string, encoder: Transform): Transform {
  reply.removeHeader('content-length');
  reply.removeHeader('accept-ranges');
  reply.header('content-encoding', coding);
  const tag = reply.getHeader('etag');
  if (typeof tag === 'string' && tag.startsWith('"')) reply.header('etag', `${tag.slice(0, -1)}.${coding}"`);
  if (isStream(payload)) {
    // Before the first piece went out this can still be told, plainly; after it, the answer is cut off.
    payload.once('error', (cause) => {
      if (!reply.raw.headersSent) reply.removeHeader('content-encoding').removeHeader('etag');
      encoder.destroy(brokenOff(cause));
    });
    pipeline(payload, encoder, () => undefined);
  } else encoder.end(payload);
  return encoder;
}

const isStream = (payload: unknown): payload is NodeJS.ReadableStream =>
  typeof payload === 'object' && payload !== null && 'pipe' in payload;

const brokenOff = (cause: Error): ApiError =>
  new ApiError('UPSTREAM_UNAVAILABLE', {
    detail: 'The answer of the service broke off.',
    headers: { 'retry-after': '2' },
    cause,
  });
