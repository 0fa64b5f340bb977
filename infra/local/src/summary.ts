import { appRole, roleUrl } from '@hivesync/database';
import { defaultPortBase, host, type Ports } from './ports.ts';

export interface Running {
  ports: Ports;
  /** The platform's database, with the login that prepared it. */
  databaseUrl: string;
  roleSecret: string;
  /** E.g. `PostgreSQL 18.4 in .data/postgres`. */
  server: string;
  /** Where mails go, e.g. `.data/mail`. */
  mail: string;
  milliseconds: number;
}

/** What a person wants to know once everything runs. */
export function summary({ ports, databaseUrl, roleSecret, server, mail, milliseconds }: Running): string {
  const url = `http://${host}:${ports.gateway}`;
  const { gateway: _, ...services } = ports;
  // The same platform for whoever copies the line; without a setting it is where the demo looks by itself.
  const demo = `${ports.gateway === defaultPortBase ? '' : `PORT=${ports.gateway} `}npm run demo`;
  const psql = (role: string) => roleUrl(databaseUrl, role, roleSecret);
  return `
HiveSync is ready after ${(milliseconds / 1_000).toFixed(1)} s: ${url}

  Browse and try    ${url}/docs
  Walk through it   ${demo}
  First admin       npm run admin:create -- you@example.com
  Mail              ${mail}
  Services          ${Object.entries(services)
    .map(([service, port]) => `${service} :${port}`)
    .join('  ')}
  Database          ${server}
    as a service    psql '${psql(appRole('projects'))}'
                    (every service has such a role: identity_app, billing_app, ...;
                    for the owners, identity_owner, ...: docs/operations.md, Passwords)

Ctrl-C stops everything.`;
}
