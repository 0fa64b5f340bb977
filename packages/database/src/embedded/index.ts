export { EmbeddedPostgresError } from './errors.ts';
export {
  type EmbeddedOptions,
  type EmbeddedServer,
  removeLeftovers,
  startEmbedded,
  withEmbedded,
} from './server.ts';
