/** `npm run admin:create -- you@example.com [password]`: the first administrator, and any later one. */
import { parseArgs } from 'node:util';
import { makeAdmin } from './make-admin.ts';
import { oneLine } from './one-line.ts';

const usage = 'usage: npm run admin:create -- <email> [password]';

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  const [email, password, ...more] = positionals;
  if (values.help) {
    console.log(usage);
    process.exit();
  }
  if (!email || more.length > 0) throw new Error(usage);
  const admin = await makeAdmin({ email, password });
  console.log(
    `${email} is an administrator${admin.created ? ', with a new account' : ', with the password as before'}.`,
  );
  if (admin.generatedPassword) console.log(`Password, shown this once: ${admin.generatedPassword}`);
  console.log('A token from before says otherwise for up to 15 minutes: log in again.');
} catch (error) {
  console.error(oneLine(error));
  process.exitCode = 1;
}
