import { userDeleted } from '@hivesync/contracts';
import { requestSweep } from '@hivesync/database';
import { defineSubscriptions, on } from '@hivesync/events';
import { database } from './database/data-source.ts';

/** No row here refers to people, but events and stored answers tell who called, until they are deleted. */
export const subscriptions = defineSubscriptions({
  database,
  handlers: [
    on(userDeleted, (tx, { subject, aggregateversion }) =>
      requestSweep(tx, 'identity.user', subject, aggregateversion),
    ),
  ],
});
