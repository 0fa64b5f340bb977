import { readFileSync } from 'node:fs';
import { Gauge, type Registry } from 'prom-client';

/** All packages of the repository carry one version. */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Which build runs: `commit` is what `BUILD_COMMIT` says, empty where it says nothing. */
export function buildInfo(registry: Registry, commit: string): void {
  new Gauge({
    name: 'hivesync_build_info',
    help: 'Always 1; its labels say which build runs',
    labelNames: ['version', 'commit'],
    registers: [registry],
  }).set({ version, commit }, 1);
}
