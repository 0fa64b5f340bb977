import type { UserId } from '@hivesync/contracts';
import {
  type ClaimedWork,
  claimDueWork,
  type DataSource,
  type DueTable,
  postponeDueWork,
  query,
  type Transaction,
} from '@hivesync/database';

const due: DueTable = { name: 'invitation_deliveries', key: 'user_id' };

/** An address is proven once, so there is one a person. */
export async function insertDelivery(tx: Transaction, userId: UserId): Promise<void> {
  await query(tx, 'insert into invitation_deliveries (user_id) values ($1)', [userId]);
}

export const claimDelivery = (dataSource: DataSource, leaseSeconds: number) =>
  claimDueWork(dataSource, due, leaseSeconds);

export const postponeDelivery = (dataSource: DataSource, claimed: ClaimedWork, error: string) =>
  postponeDueWork(dataSource, due, claimed, error);

/** It was done: for good where the address was proven so many seconds ago, else to be done again then. */
export async function settleDelivery(
  dataSource: DataSource,
  userId: string,
  settledSeconds: number,
): Promise<void> {
  await query(
    dataSource,
    `with settled as (
       delete from invitation_deliveries
       where user_id = $1
         and created_at <= now() - make_interval(secs => $2)
     )
     update invitation_deliveries
     set next_attempt_at = created_at + make_interval(secs => $2),
         last_error = null
     where user_id = $1
       and created_at > now() - make_interval(secs => $2)`,
    [userId, settledSeconds],
  );
}

export async function deleteDelivery(source: DataSource | Transaction, userId: string): Promise<void> {
  await query(source, 'delete from invitation_deliveries where user_id = $1', [userId]);
}
