import { createServer, type IncomingHttpHeaders, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { atFileEnd, testTokens } from '@hivesync/testing';
import { buildApp, loadConfig } from '../../src/app.ts';

const operation = (operationId: string) => ({ operationId, responses: { 200: { description: 'it' } } });

/** The whole gateway, listening, before a service of these paths that answers as `listener` does. @returns its URL */
export async function gatewayBefore(
  listener: RequestListener,
  env: Record<string, string> = {},
): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  atFileEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { keys } = await testTokens();
  const projects = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = loadConfig({
    PORT: '0',
    LOG_LEVEL: 'silent',
    DRAIN_SECONDS: '0',
    STRANGER_REQUESTS_PER_MINUTE: '10000',
    SERVICE_URLS: JSON.stringify({ projects }),
    ...env,
  });
  const app = await buildApp({
    config,
    keys,
    documents: {
      projects: {
        openapi: '3.1.0',
        info: { title: 'projects', version: '1' },
        paths: {
          '/api/v1/projects': { get: operation('listProjects'), post: operation('createProject') },
          '/api/v1/projects/{project_id}': {
            get: operation('getProject'),
            patch: operation('changeProject'),
          },
        },
      },
    },
  });
  atFileEnd(async () => app.close());
  return app.listen({ port: 0, host: '127.0.0.1' });
}

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** As it comes over the wire: `fetch` would decode it. @throws where the answer breaks off */
export function ask(
  url: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, (answer) => {
      buffer(answer).then(
        (body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
        reject,
      );
    })
      .on('error', reject)
      .end();
  });
}
