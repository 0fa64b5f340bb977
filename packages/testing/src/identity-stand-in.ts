import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atFileEnd } from './file-end.ts';
import type { TestUser } from './test-tokens.ts';

/**
 * Identity, as far as a service asks it whose session it is at this moment: it knows those of the given people and
 * no others. For `serviceUrls`, where a test writes as an administrator.
 * @returns its base URL; it goes when the test file ends
 */
export async function identityStandIn(people: readonly TestUser[]): Promise<string> {
  const server = createServer((request, response) => {
    const person = people.find(({ sid }) => request.url === `/internal/sessions/${sid}`);
    const session = person ? { user_id: person.id, role: person.role } : null;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ session }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atFileEnd(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
