export { type Caller, caller, type RequestOptions } from './caller.ts';
export type { TestContext } from './context.ts';
export { atFileEnd } from './file-end.ts';
export { identityStandIn } from './identity-stand-in.ts';
export {
  type Cluster,
  type InstalledPostgres,
  installedPostgres,
  startCluster,
} from './installed-postgres.ts';
export { type Meanwhile, meanwhile } from './meanwhile.ts';
export { type Neighbour, neighbour } from './neighbour.ts';
export { oldEventCode } from './old-event-code.ts';
export { type OpenTransaction, openTransaction } from './open-transaction.ts';
export { type Rehearsal, rehearseMigration } from './rehearse-migration.ts';
export { type Pooler, pgbouncerBinary, startPgbouncer } from './server/pgbouncer.ts';
export { type SettledFeedOptions, settledFeed } from './settled-feed.ts';
export { type SeverableProxy, severableProxy } from './severable-proxy.ts';
export { silentLogger } from './silent-logger.ts';
export { type SmallDisk, smallDisk } from './small-disk.ts';
export {
  type ServiceParts,
  type StartableApp,
  type StartServiceOptions,
  startService,
  type TestService,
} from './start-service.ts';
export { bareDatabase, emptyDatabase, type TestDatabase, testDatabase } from './test-database.ts';
export { type TestTokens, type TestUser, type TokenFlaws, testTokens, testUser } from './test-tokens.ts';
