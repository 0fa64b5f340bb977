import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes an empty migration, named by time and intent.
 * @returns what to do next, with the path of the file
 * @throws Error where the intent is not in kebab case or the folder not a service's.
 */
export async function createMigration(folder: string, intent: string, now = Date.now()): Promise<string> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)+$/.test(intent)) {
    throw new Error(
      `the intent says what the migration does, in kebab case, like add-task-priority; not "${intent}"`,
    );
  }
  const migrations = join(folder, 'src/database/migrations');
  if (!existsSync(join(folder, 'src/database'))) {
    throw new Error(`${folder} has no src/database: run this in a service's folder`);
  }
  await mkdir(migrations, { recursive: true });
  const className = `${intent.replaceAll(/(^|-)(.)/g, (_, __, letter: string) => letter.toUpperCase())}${now}`;
  const path = join(migrations, `${now}-${intent}.ts`);
  await writeFile(path, template(className), { flag: 'wx' });
  return `wrote ${path}; write up and down, and add ${className} to the migrations of src/database/data-source.ts`;
}

const template = (
  className: string,
): string => `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ${className} implements MigrationInterface {
  name = '${className}';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(\`\`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(\`\`);
  }
}
`;
