import { startService } from '@hivesync/testing';
import { buildApp, database, loadConfig } from '../src/app.ts';

/** The service on a database of its own. */
export function startWorkers() {
  return startService({ database, loadConfig, buildApp });
}
