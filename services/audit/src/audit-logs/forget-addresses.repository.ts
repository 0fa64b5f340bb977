import { query, type Transaction } from '@hivesync/database';

/**
 * What a user's deletion does to the log beside keeping it: up to `limit` of their rows lose the address. The
 * function runs as the owner, and the log's trigger lets it change nothing else, and of nobody who is not deleted.
 */
export async function forgetAddresses(
  tx: Transaction,
  userId: string,
  limit: number,
): Promise<Record<string, number>> {
  const [row] = await query<{ forgotten: number }>(tx, 'select forget_user_addresses($1, $2) as forgotten', [
    userId,
    limit,
  ]);
  return { 'audit_logs.ip_address': row?.forgotten ?? 0 };
}
