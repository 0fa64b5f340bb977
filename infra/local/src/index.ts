export { apps, services } from './apps.ts';
export { databases, prepareDatabases } from './databases.ts';
export { environmentOf, type Surroundings, urlsOf } from './environment.ts';
export * from './integrity-run.ts';
export { mailedToken } from './mailbox.ts';
export { mailFolderIn, type Platform, type PlatformOptions, startPlatform } from './platform.ts';
export { choosePorts, freePortRow } from './ports.ts';
export { loadSecrets } from './secrets.ts';
export { inWords } from './terminal-log.ts';
