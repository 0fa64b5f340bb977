/**
 * `npm run lint:openapi`: holds each service's document, and the one that the gateway serves, to the rules of redocly
 * and spectral. Prints what they find, and exits 1 where that is anything.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { serviceNames } from '@hivesync/contracts';
import { mergeDocuments, readDocuments } from '@hivesync/gateway';

const repository = resolve(import.meta.dirname, '../../..');
const here = join(repository, 'infra/checks');
const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
const gateway = join(folder, 'gateway.json');
writeFileSync(gateway, JSON.stringify(mergeDocuments(readDocuments(), 'https://api.hivesync.dev')));
const files = [
  ...serviceNames.map((service) => join(repository, `services/${service}/openapi.json`)),
  gateway,
];

const binary = (name: string, file: string): string =>
  join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
const linters: [name: string, binary: string, options: string[]][] = [
  [
    'redocly',
    binary('@redocly/cli', 'bin/cli.js'),
    ['--config', join(here, 'redocly.yaml'), '--max-problems', '1000'],
  ],
  [
    'spectral',
    binary('@stoplight/spectral-cli', 'dist/index.js'),
    ['--ruleset', join(here, 'spectral.yaml'), '--fail-severity', 'hint'],
  ],
];
try {
  for (const [name, file, options] of linters) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, 'lint', ...options, ...files], {
      encoding: 'utf8',
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    });
    // Warnings of redocly leave its status at 0.
    const clean = status === 0 && !/You have \d+ warning|\d+ warnings?\b/.test(stderr + stdout);
    if (!clean) {
      console.error(stdout + stderr);
      process.exitCode = 1;
    }
    console.log(`${name}: ${files.length} documents, ${clean ? 'nothing found' : 'see above'}.`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
