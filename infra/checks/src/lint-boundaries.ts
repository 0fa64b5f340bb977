/** `npm run lint`'s second half: prints every forbidden import and every bare pipe, and exits 1 if there is one. */
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { barePipesOf } from './bare-pipes.ts';
import { declaredBy, type RuntimeDependencies, violationsOf } from './boundaries.ts';

const repository = resolve(import.meta.dirname, '../../..');
const paths = globSync('{packages,services,infra}/*/{src,test,bin}/**/*.{ts,js}', { cwd: repository })
  .map((path) => path.replaceAll('\\', '/'))
  .sort();

const manifests = new Map<string, RuntimeDependencies>();
function declared(root: string): RuntimeDependencies {
  const known = manifests.get(root) ?? declaredBy(repository, root);
  manifests.set(root, known);
  return known;
}

const violations = paths.flatMap((path) => {
  const root = path.split('/').slice(0, 2).join('/');
  const file = { path, text: readFileSync(join(repository, path), 'utf8') };
  return [...violationsOf(file, declared(root)), ...(path.includes('/test/') ? [] : barePipesOf(file))];
});
for (const { path, line, message } of violations) console.error(`${path}:${line}  ${message}`);
console.log(`Imports and streams: ${paths.length} files, ${violations.length} of them forbidden.`);
process.exitCode = violations.length > 0 ? 1 : 0;
