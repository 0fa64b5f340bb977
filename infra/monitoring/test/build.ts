import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const repository = resolve(import.meta.dirname, '../../..');

/** The processes that these tests start are the built ones. */
export default async function build(): Promise<void> {
  const turbo = resolve(repository, 'node_modules/.bin/turbo');
  await promisify(execFile)(
    turbo,
    ['run', 'build', '--output-logs=errors-only', '--filter=@hivesync/local...'],
    { cwd: repository },
  );
}
