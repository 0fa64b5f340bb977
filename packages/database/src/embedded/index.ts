export { clusterFolder, dataFolder } from './data-folder.ts';
export { EmbeddedPostgresError } from './errors.ts';
export { holdsCluster } from './places.ts';
export {
  type EmbeddedOptions,
  type EmbeddedServer,
  removeLeftovers,
  startEmbedded,
  withEmbedded,
} from './server.ts';
