import { randomBytes } from 'node:crypto';
import { type CloudEvent, eventCatalogue, type UserId } from '@hivesync/contracts';
import { type DataSource, query, transaction } from '@hivesync/database';
import { settledFeed, type TestDatabase, testDatabase } from '@hivesync/testing';
import { database } from '../../src/database/data-source.ts';
import { DeviceTokens } from '../../src/sessions/device-tokens.ts';
import type { SessionContext } from '../../src/sessions/login.service.ts';
import { LoginThrottle } from '../../src/sessions/login-throttle.ts';
import { RefreshTokens } from '../../src/sessions/refresh-tokens.ts';
import { SigningKeys } from '../../src/signing-keys/signing-key.service.ts';
import { hashPassword } from '../../src/users/passwords.ts';
import type { UserRecord } from '../../src/users/user.repository.ts';
import { registerUser } from '../../src/users/user.service.ts';

export const password = 'correct horse battery staple';
export const encryptionKey = randomBytes(32);

/** As if the link had been followed that was mailed to the address of the account. */
export async function prove(dataSource: DataSource, id: UserId): Promise<void> {
  await query(dataSource, 'update users set email_verified_at = now() where id = $1', [id]);
}

export interface Identity {
  db: TestDatabase;
  dataSource: DataSource;
  context: SessionContext;
  register(email: string): Promise<UserRecord>;
  events(type?: string): Promise<CloudEvent[]>;
}

/** A migrated database with the decisions of the service on top, without HTTP. */
export async function startIdentity(
  limits: { perAccount?: number; perAddress?: number; poolSize?: number } = {},
): Promise<Identity> {
  const db = await testDatabase(database);
  const dataSource = await db.dataSource(database, { poolSize: limits.poolSize ?? 10 });
  const passwordHash = await hashPassword(password);
  const context: SessionContext = {
    dataSource,
    keys: new SigningKeys(dataSource, encryptionKey, 90),
    throttle: new LoginThrottle(dataSource, randomBytes(32), {
      perAccount: limits.perAccount ?? 10,
      perAddress: limits.perAddress ?? 100,
    }),
    refreshTokens: new RefreshTokens(randomBytes(32)),
    deviceTokens: new DeviceTokens(randomBytes(32)),
    lifetime: { unusedDays: 30, totalDays: 90 },
  };
  return {
    db,
    dataSource,
    context,
    register: (email) => transaction(dataSource, (tx) => registerUser(tx, { email, passwordHash }, {})),
    events: (type) => publishedEvents(dataSource, type),
  };
}

/** What the service has published so far, in order. */
export async function publishedEvents(dataSource: DataSource, type?: string): Promise<CloudEvent[]> {
  if (type !== undefined && !eventCatalogue.has(type)) throw new Error(`There is no event ${type}`);
  const page = await settledFeed(dataSource);
  return page.items
    .map((item) => item.event as CloudEvent)
    .filter((event) => type === undefined || event.type === type);
}
