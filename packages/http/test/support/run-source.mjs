// Runs a TypeScript module, decorators and all, in a process of its own: node run-source.mjs <module>
import { runnerImport } from 'vite';

// Workspace packages too come from their source: what is built may be of another day, or not there at all.
const resolve = { conditions: ['source'], noExternal: [/^@hivesync\//] };
await runnerImport(process.argv[2], { configFile: false, environments: { inline: { resolve } } });
