// Runs a TypeScript module, decorators and all, in a process of its own: node run-source.mjs <module>
import { runnerImport } from 'vite';

const resolve = { conditions: ['source'] };
await runnerImport(process.argv[2], { configFile: false, resolve, ssr: { resolve } });
