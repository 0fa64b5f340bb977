export { clusterFolder, dataFolder } from './data-folder.ts';
export { EmbeddedPostgresError, explain } from './errors.ts';
export { withLock } from './lock.ts';
export { holdsCluster } from './places.ts';
export { isGone, ownTicket, parseTicket } from './process-identity.ts';
export {
  type EmbeddedOptions,
  type EmbeddedServer,
  removeLeftovers,
  startEmbedded,
  withEmbedded,
} from './server.ts';
