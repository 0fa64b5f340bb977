import { startService } from '@hivesync/testing';
import { buildApp, database, loadConfig } from '../src/app.ts';

/** The service on a database of its own. Nobody is at the other services' addresses. */
export function startAudit() {
  const nobody = 'http://127.0.0.1:9';
  return startService({
    database,
    loadConfig,
    buildApp,
    serviceUrls: {
      identity: nobody,
      projects: nobody,
      previews: nobody,
      billing: nobody,
      workers: nobody,
      audit: nobody,
    },
  });
}
