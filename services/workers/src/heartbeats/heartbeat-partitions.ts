import { type DataSource, dropExpiredPartitions, ensurePartitions } from '@hivesync/database';

const heartbeats = { table: 'worker_heartbeats' };

/** Makes the days ahead and drops those that are over, as the policy in the database says. */
export async function keepHeartbeatPartitions(dataSource: DataSource): Promise<void> {
  await ensurePartitions(dataSource, heartbeats);
  await dropExpiredPartitions(dataSource, heartbeats);
}
