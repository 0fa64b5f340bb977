export type { TestContext } from './context.ts';
export { atFileEnd } from './file-end.ts';
export { type Neighbour, neighbour } from './neighbour.ts';
export { type Rehearsal, rehearseMigration } from './rehearse-migration.ts';
export { type SeverableProxy, severableProxy } from './severable-proxy.ts';
export { bareDatabase, emptyDatabase, type TestDatabase, testDatabase } from './test-database.ts';
