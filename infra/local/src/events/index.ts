export * from './commands.ts';
export { Connections, consumers } from './consumers.ts';
