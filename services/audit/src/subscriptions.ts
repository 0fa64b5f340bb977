import { serviceNames } from '@hivesync/contracts';
import { defineSubscriptions, onAny } from '@hivesync/events';
import { appendFact } from './audit-logs/audit-log.repository.ts';
import { factOf } from './audit-logs/audit-log.service.ts';
import { database } from './database/data-source.ts';

/** Every event of every service, this one included, becomes a row of the log. */
export const subscriptions = defineSubscriptions({
  database,
  sources: serviceNames,
  handlers: [onAny((tx, event) => appendFact(tx, factOf(event)))],
});
