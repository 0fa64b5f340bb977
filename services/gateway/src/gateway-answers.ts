import { type ErrorCode, errorCatalogue } from '@hivesync/contracts';
import { retryAfterHeader } from '@hivesync/http';
import type { Operation } from './documents.ts';

type Responses = Record<string, Response>;
interface Response {
  description?: string;
  headers?: Record<string, unknown>;
}

/** What any operation may be answered with before its service is asked, or instead of its answer. */
const codes: readonly ErrorCode[] = [
  'RATE_LIMITED',
  'TOO_MANY_AT_ONCE',
  'OVERLOADED',
  'UPSTREAM_UNAVAILABLE',
];

/** `components.headers` that {@link withGatewayAnswers} refers to. */
export const gatewayHeaders = {
  RateLimitPolicy: {
    description: 'Whom the request was counted for, and how many they have in a window: `"free";q=120;w=60`',
    schema: { type: 'string' },
  },
  RateLimit: {
    description: 'What is left of them, and in how many seconds the window ends: `"free";r=119;t=60`',
    schema: { type: 'string' },
  },
};

const counted = {
  'ratelimit-policy': { $ref: '#/components/headers/RateLimitPolicy' },
  ratelimit: { $ref: '#/components/headers/RateLimit' },
};

/** An operation as it is seen from outside: with the gateway's own refusals, and the headers of its counting. */
export function withGatewayAnswers(operation: Operation): Operation {
  const responses = structuredClone((operation.responses ?? {}) as Responses);
  for (const code of codes) {
    const [status] = errorCatalogue[code];
    const { description, ...given } = responses[status] ?? refusal;
    const named = new Set([...(description?.split(', ') ?? []), code]);
    responses[status] = { ...given, description: [...named].sort().join(', ') };
  }
  for (const [status, response] of Object.entries(responses)) {
    responses[status] = { ...response, headers: { ...response.headers, ...counted } };
  }
  return { ...operation, responses };
}

const refusal: Response & { content: object } = {
  headers: { 'retry-after': retryAfterHeader },
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
