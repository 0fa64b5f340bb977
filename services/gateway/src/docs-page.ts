import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { OpenApiDocument } from './documents.ts';

/** Of the one style that Swagger UI's script puts into the page: of its logo. */
const logoStyle = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='";

/** All of the page comes from here, nothing of it is inline, and it talks to nobody else. */
const policy = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': `'self' ${logoStyle}`,
  'img-src': "'self' data:",
  'font-src': "'self'",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

/**
 * `/docs`: the document to browse and to try. What is tried there goes to wherever the page was opened, whatever the
 * public URL is.
 */
export async function docsPage(app: FastifyInstance, document: OpenApiDocument): Promise<void> {
  const here = { ...document, servers: [{ url: '/' }] };
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title: 'HiveSync API' },
    uiConfig: { persistAuthorization: true, tryItOutEnabled: true, displayRequestDuration: true },
    staticCSP: policy,
    transformSpecificationClone: false,
    transformSpecification: () => here,
  });
}
