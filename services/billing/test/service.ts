import { startService } from '@hivesync/testing';
import { buildApp, database, loadConfig } from '../src/app.ts';

/** The service on a database of its own. Nobody is at identity's address. */
export function startBilling() {
  return startService({ database, loadConfig, buildApp, serviceUrls: { identity: 'http://127.0.0.1:9' } });
}
