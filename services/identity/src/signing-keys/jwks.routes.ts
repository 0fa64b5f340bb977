import { Closed } from '@hivesync/contracts';
import type { App } from '@hivesync/http';
import { Type } from 'typebox';
import type { SigningKeys } from './signing-key.service.ts';

const Jwks = Closed(
  {
    keys: Type.Array(
      Closed({
        kty: Type.String(),
        crv: Type.String(),
        x: Type.String(),
        kid: Type.String(),
        alg: Type.String(),
        use: Type.String(),
      }),
    ),
  },
  { $id: 'KeySet' },
);

/** The public keys of access tokens. The schema of the answer lets no private member out. */
export async function jwksRoutes(app: App, { keys }: { keys: SigningKeys }): Promise<void> {
  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        operationId: 'getJwks',
        summary: 'The public keys that access tokens are verified with',
        tags: ['keys'],
        response: { 200: Jwks },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=60');
      return keys.keySet();
    },
  );
}
