import { defineSubscriptions } from '@hivesync/events';
import { database } from './database/data-source.ts';

/** People follow identity by the declarations on our entities; nothing else of others concerns us yet. */
export const subscriptions = defineSubscriptions({ database });
