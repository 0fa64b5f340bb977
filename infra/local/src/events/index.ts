export * from './commands.ts';
export { Connections } from './consumers.ts';
