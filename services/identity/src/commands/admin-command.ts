import { parseArgs } from 'node:util';
import type { DataSource } from '@hivesync/database';
import { createAdmin, describeAccount, listAdmins, removeAdmin } from './administrators.ts';

const usage = {
  create: 'usage: npm run admin:create -- <email> [password] [--existing]',
  remove: 'usage: npm run admin:remove -- <email> [--last]',
  list: 'usage: npm run admin:list',
} as const;

/** What to print. */
type Lines = string[];
type Run = (dataSource: DataSource) => Promise<Lines>;

const isCommand = (name: string | undefined): name is keyof typeof usage =>
  name !== undefined && Object.hasOwn(usage, name);

/**
 * What `create`, `remove` or `list` with its arguments is to do with identity's database; null where `--help` asks
 * for the usage, which is printed.
 * @throws Error whose message is how it is used
 */
export function parseAdminCommand(
  [name, ...args]: readonly string[],
  env: { ADMIN_PASSWORD?: string | undefined },
): Run | null {
  if (!isCommand(name)) throw new Error(Object.values(usage).join('\n'));
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      existing: { type: 'boolean' },
      last: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(usage[name]);
    return null;
  }
  const [email, password, ...more] = positionals;
  const fits = {
    create: email !== undefined && more.length === 0 && !values.last,
    remove: email !== undefined && password === undefined && !values.existing,
    list: email === undefined && !values.existing && !values.last,
  };
  if (!fits[name]) throw new Error(usage[name]);
  if (name === 'list') return list;
  if (name === 'remove') return (dataSource) => remove(dataSource, String(email), values.last);
  const wanted = {
    email: String(email),
    password: password ?? (env.ADMIN_PASSWORD || undefined),
    existing: values.existing,
  };
  return (dataSource) => create(dataSource, wanted);
}

async function create(dataSource: DataSource, wanted: Parameters<typeof createAdmin>[1]): Promise<Lines> {
  const admin = await createAdmin(dataSource, wanted);
  const how = admin.account
    ? `, with the password as before; the account was ${describeAccount(admin.account)}`
    : ', with a new account';
  return [
    `${wanted.email} is an administrator${how}.`,
    ...(admin.generatedPassword ? [`Password, shown this once: ${admin.generatedPassword}`] : []),
    'A token from before says otherwise for up to 15 minutes: log in again.',
  ];
}

async function remove(dataSource: DataSource, email: string, last: boolean | undefined): Promise<Lines> {
  const { removed, left } = await removeAdmin(dataSource, { email, last });
  return [
    `${email} ${removed ? 'is no administrator any more' : 'was none'}; ${left} ${left === 1 ? 'is' : 'are'} left.`,
    ...(removed
      ? ['They change nothing from now on; what a token from before lets them read ends within 15 minutes.']
      : []),
  ];
}

async function list(dataSource: DataSource): Promise<Lines> {
  const admins = await listAdmins(dataSource);
  if (admins.length === 0) return ['There are no administrators.'];
  return admins.map((admin) => `${admin.email}  ${admin.id}  ${describeAccount(admin)}`);
}
