/* A process that uses the embedded server until it hears `stop`, or is killed. Started by the tests beside it. */
import { once } from 'node:events';
import { startEmbedded } from '../../src/embedded/index.ts';

process.on('SIGINT', () => process.stdout.write('SIGINT\n'));
const [dataDir = ''] = process.argv.slice(2);
const server = await startEmbedded({ dataDir });
process.stdout.write(`${JSON.stringify({ url: server.url, adopted: server.adopted })}\n`);
await once(process.stdin, 'data');
await server.stop();
process.exit(0);
