import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/** Seconds: half a year. */
const httpsOnlyFor = 15_552_000;

/**
 * Headers that keep browsers from doing more with an answer than it is for: no sniffing of types, no framing, no
 * address of ours in other sites' logs, and no script at all, as nothing here is a page but the two that say so
 * themselves. Register it before any route. What a service says of its own answer goes before.
 *
 * @param publicUrl where it is https, browsers are told to use nothing else
 */
export async function securityHeaders(app: FastifyInstance, publicUrl: string | undefined): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    hsts: publicUrl?.startsWith('https:') ? { maxAge: httpsOnlyFor, includeSubDomains: false } : false,
  });
}
