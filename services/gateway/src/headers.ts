import type { FastifyRequest } from 'fastify';

/** Of one hop only (RFC 9110 section 7.6.1). */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
];
/** What only a proxy of ours may say. A client that sends them tries to be somebody else. */
const proxySaid = /^(x-forwarded(-.*)?|forwarded|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip)$/;

type Headers = Record<string, string | string[] | undefined>;

/** Every header of this hop: those that always are, and those that `Connection` names. */
function connectionLists({ connection = '' }: Headers): Set<string> {
  const named = String(connection).toLowerCase().split(',');
  return new Set([...hopByHop, ...named.map((name) => name.trim())]);
}

/** What a service gets: the client's own headers, the true client address and the id of this request. */
export function requestHeaders(request: FastifyRequest): Headers {
  const kept: Headers = {};
  const ofThisHop = connectionLists(request.headers);
  for (const [name, value] of Object.entries(request.headers)) {
    if (!ofThisHop.has(name) && !proxySaid.test(name)) kept[name] = value;
  }
  // Written anew, for the service's address.
  delete kept.host;
  kept['x-forwarded-for'] = request.ip;
  kept['x-request-id'] = request.id;
  return kept;
}

/** What the client gets: the service's answer without the headers of the hop between us. */
export function responseHeaders(headers: Headers): Headers {
  const kept: Headers = {};
  const ofThisHop = connectionLists(headers);
  for (const [name, value] of Object.entries(headers)) {
    // Limits are counted here; a service that counted too would contradict.
    if (!ofThisHop.has(name) && name !== 'ratelimit' && name !== 'ratelimit-policy') kept[name] = value;
  }
  return kept;
}
