import type { FastifyReply } from 'fastify';

/** Adds a request header that the answer depends on to `Vary`, beside what the service has said (RFC 9110, 12.5.5). */
export function addVary(reply: FastifyReply, name: string): void {
  const said = [reply.getHeader('vary') ?? []].flat().join(', ');
  const names = said.split(',').map((one) => one.trim());
  if (names.some((one) => one === '*' || one.toLowerCase() === name)) return;
  reply.header('vary', [...names, name].filter(Boolean).join(', '));
}
