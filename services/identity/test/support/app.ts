import { randomBytes } from 'node:crypto';
import type { CloudEvent, UserId } from '@hivesync/contracts';
import type { App, Logger } from '@hivesync/http';
import { type Caller, caller, startService, type TestService, testDatabase } from '@hivesync/testing';
import { buildApp, type Config, database, loadConfig } from '../../src/app.ts';
import { password, prove, publishedEvents } from './identity.ts';

export interface Person {
  id: UserId;
  email: string;
  sessionId: string;
  accessToken: string;
  refreshToken: string;
  call: Caller;
}

export interface IdentityApp extends TestService<App, Config> {
  /** Registers and logs in, through the API. */
  person(name: string): Promise<Person>;
  logIn(email: string, options?: { device?: string; address?: string }): Promise<Person>;
  /** As if the link had been followed that was mailed to them; `test/email-verification` follows it. */
  prove(person: Pick<Person, 'id'>): Promise<void>;
  events(type?: string): Promise<CloudEvent[]>;
}

/** The service as it runs, with its own signing keys; only other services' keys are those of the test. */
export async function startIdentityApp(
  options: {
    environment?: Record<string, string>;
    logger?: Logger;
    serviceUrls?: Record<string, string>;
  } = {},
): Promise<IdentityApp> {
  const service = await startService<Config, App>({
    database,
    loadConfig,
    buildApp: ({ config, dataSource, keys }) =>
      buildApp({ config, dataSource, keys: { service: keys.service }, logger: options.logger }),
    on: await testDatabase(database),
    serviceUrls: options.serviceUrls ?? { projects: 'http://127.0.0.1:9' },
    environment: {
      IDENTITY_KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      ...options.environment,
    },
  });
  const stranger = service.asStranger();

  const logIn: IdentityApp['logIn'] = async (email, { device = 'Laptop', address = '192.0.2.1' } = {}) => {
    const answer = await stranger.post(
      '/api/v1/auth/login',
      { email, password, device: { name: device, platform: 'linux' } },
      { headers: { 'x-forwarded-for': address } },
    );
    if (answer.statusCode !== 200) throw new Error(`login answered ${answer.statusCode}: ${answer.body}`);
    const { user, access_token, refresh_token, session_id } = answer.json();
    return {
      id: user.id,
      email,
      sessionId: session_id,
      accessToken: access_token,
      refreshToken: refresh_token,
      call: caller(service.app, async () => access_token),
    };
  };

  return {
    ...service,
    logIn,
    person: async (name) => {
      const email = `${name}@example.com`;
      const answer = await stranger.post('/api/v1/auth/register', { email, password, display_name: name });
      if (answer.statusCode !== 201)
        throw new Error(`register answered ${answer.statusCode}: ${answer.body}`);
      return logIn(email);
    },
    prove: (person) => prove(service.dataSource, person.id),
    events: (type) => publishedEvents(service.dataSource, type),
  };
}
