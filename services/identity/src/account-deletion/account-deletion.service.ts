import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ApiError, serviceNames, type UserId, userDeleted } from '@hivesync/contracts';
import { type DataSource, requestSweep, type SweepBatch, type Transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import type { Precondition } from '@hivesync/http';
import { endSessionsAs } from '../sessions/session.service.ts';
import { lockUser } from '../users/user.repository.ts';
import {
  closeAccount,
  type DeletionReport,
  deleteKeys,
  findReport,
  lockForRemoval,
  openReport,
  removeBelongings,
  removeUser,
} from './account-deletion.repository.ts';

const hashOf = (receipt: string): string => createHash('sha256').update(receipt).digest('hex');

/**
 * Deletes an account: its sessions and keys end, its address is free, and every service is told, all at once. What
 * belongs to it goes in batches afterwards. The caller has made sure that it is its owner who asks.
 * @returns the receipt, by which the report can be read without an account
 * @throws ApiError NOT_FOUND where it was deleted before, PRECONDITION_FAILED
 */
export async function deleteAccount(
  tx: Transaction,
  id: UserId,
  ifMatch: Precondition,
  origin: Origin,
): Promise<{ receipt: string }> {
  const version = await lockUser(tx, id);
  if (version === null) throw new ApiError('NOT_FOUND');
  ifMatch.require(version);
  await endSessionsAs(tx, id, 'all', 'account_deleted', origin);
  await deleteKeys(tx, id);
  const closed = await closeAccount(tx, id);
  const receipt = randomBytes(32).toString('base64url');
  // Each of them: one without a row that refers to people still has events and stored answers of theirs.
  await openReport(tx, id, hashOf(receipt), serviceNames);
  await requestSweep(tx, 'identity.user', id, closed);
  await publish(tx, userDeleted, { subject: id, version: closed, data: {}, origin });
  return { receipt };
}

/** One batch of a deleted account's removal, the account itself in the last one. */
export const sweepUser: SweepBatch = async (tx, id, limit) => {
  const removed = await removeBelongings(tx, id, limit);
  if (Object.keys(removed).length > 0) return removed;
  // Somebody who saw the account just before it was closed may still be writing. Behind this lock nobody can.
  if (!(await lockForRemoval(tx, id))) return {};
  const late = await removeBelongings(tx, id, limit);
  if (Object.keys(late).length > 0) return late;
  return removeUser(tx, id);
};

/**
 * What was removed of a deleted account, by service.
 * @param receipt what the deletion answered; null for an administrator, who needs none
 * @throws ApiError NOT_FOUND, for a wrong receipt too
 */
export async function reportOn(
  dataSource: DataSource,
  id: UserId,
  receipt: string | null,
): Promise<DeletionReport & { completedAt: string | null }> {
  const report = await findReport(dataSource, id);
  const fits = (hash: string) =>
    receipt === null || timingSafeEqual(Buffer.from(hashOf(receipt)), Buffer.from(hash));
  if (!report || !fits(report.receiptHash)) throw new ApiError('NOT_FOUND');
  const ends = report.services.map(({ completed_at }) => completed_at);
  const completed = ends.filter((end) => end !== null).sort();
  return { ...report, completedAt: completed.length === ends.length ? (completed.at(-1) ?? null) : null };
}
