/** `npm run admin:create`, `admin:remove` and `admin:list`: who administers this machine's platform. */
import { parseAdminCommand } from '@hivesync/identity';
import { withIdentityDatabase } from './identity-database.ts';
import { oneLine } from './one-line.ts';

try {
  const run = parseAdminCommand(process.argv.slice(2), process.env);
  if (run) for (const line of await withIdentityDatabase(run)) console.log(line);
} catch (error) {
  console.error(oneLine(error));
  process.exitCode = 1;
}
