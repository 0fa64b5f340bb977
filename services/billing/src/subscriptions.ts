import { defineSubscriptions } from '@hivesync/events';
import { database } from './database/data-source.ts';

/** References to users follow identity by their declaration; nothing else is acted on yet. */
export const subscriptions = defineSubscriptions({ database });
