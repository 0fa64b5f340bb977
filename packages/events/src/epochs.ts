/**
 * Where a position stands in this database's history, as parts of the statements that read the outbox. `$1` is its
 * transaction id, `$2` its position, `$3` the tag of its epoch.
 */

import type { FeedPosition } from './position.ts';
import { type ParsedPosition, parsePosition } from './position.ts';

/** The parameters of {@link placeTable}; null is before all events. */
export function placeOf(after: FeedPosition | null): [string, string, string | null] {
  const { transactionId, position, epoch } = after === null ? beginning : parsePosition(after);
  return [transactionId, position, epoch];
}

const beginning: ParsedPosition = { transactionId: '0', position: '0', epoch: null };

/**
 * Ordinal of the position's epoch, null where this history has none of that tag. A position without a tag is of an earlier
 * release: it is that of the event which stands there, and else lies before all epochs.
 */
export const placeTable = `
  place as materialized (
    select case
             when $3::text is null then coalesce(
               (select epoch from outbox where transaction_id = $1::xid8 and position = $2::bigint),
               0
             )
             else (select epoch from feed_epochs where tag = $3)
           end as epoch
  )`;

/**
 * The first place that must not be read yet. Transactions of this run of the server are over when they are older than
 * every running one; those of earlier epochs are, whatever their ids. A run that has written nothing has no epoch.
 */
export const horizonTable = `
  horizon as materialized (
    select coalesce((select epoch from feed_epochs where tag = feed_epoch_tag()), 2147483647) as epoch,
           pg_snapshot_xmin(pg_current_snapshot()) as xmin
  )`;

export const horizon = '((select epoch from horizon), (select xmin from horizon), 0)';
export const place = '((select epoch from place), $1::xid8, $2::bigint)';
export const order = '(epoch, transaction_id, position)';
