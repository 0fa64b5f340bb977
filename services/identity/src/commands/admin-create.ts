import { createDataSource } from '@hivesync/database';
import { database } from '../database/data-source.ts';
import { createAdmin } from './create-admin.ts';

const [email] = process.argv.slice(2);
const { DATABASE_URL: url, ADMIN_PASSWORD: password } = process.env;

if (!email || !url) {
  console.error('usage: DATABASE_URL=... [ADMIN_PASSWORD=...] npm run admin:create -- <email>');
  process.exit(2);
}

const dataSource = await createDataSource(database, url, { poolSize: 1 }).initialize();
try {
  const admin = await createAdmin(dataSource, { email, password: password || undefined });
  console.log(`${admin.created ? 'Made' : 'Promoted'} the administrator ${admin.userId}.`);
  if (admin.generatedPassword) console.log(`Password, shown this once: ${admin.generatedPassword}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await dataSource.destroy();
}
