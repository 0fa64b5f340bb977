import { startService } from '@hivesync/testing';
import { buildApp, database, loadConfig } from '../src/app.ts';

/** The service on a database of its own. No other service can be reached. */
export function startAudit() {
  return startService({ database, loadConfig, buildApp });
}
