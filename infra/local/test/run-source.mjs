// Runs a command from its TypeScript source in a process of its own: node run-source.mjs <module> [arguments]
import { runnerImport } from 'vite';

const [command] = process.argv.splice(2, 1);
// Workspace packages too come from their source: what is built may be of another day, or not there at all.
const resolve = { conditions: ['source'], noExternal: [/^@hivesync\//] };
await runnerImport(command, { configFile: false, environments: { inline: { resolve } } });
