import { createHash } from 'node:crypto';
import { ApiError, type UserId, userEmailVerified, userVerificationRequested } from '@hivesync/contracts';
import { newId, type Transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import { insertMail } from '../mail/mail.repository.ts';
import { findUser, lockUser } from '../users/user.repository.ts';
import {
  deleteVerifications,
  findVerification,
  hasEnoughLinks,
  insertVerification,
  setVerified,
} from './email-verification.repository.ts';
import { insertDelivery } from './invitation-delivery.repository.ts';

/** How a token is stored. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Has a link mailed to the person's address, in the transaction of what made it necessary. */
export async function mailLink(tx: Transaction, userId: UserId): Promise<void> {
  const verificationId = newId();
  await insertVerification(tx, verificationId, userId);
  await insertMail(tx, { id: newId(), userId, kind: 'email_verification', verificationId });
}

/**
 * One more link for somebody who has none any more. Nothing happens where the address is proven already, one was
 * asked for within the last minute, or five are under way; the caller cannot tell which.
 * @throws ApiError NOT_FOUND
 */
export async function requestLink(tx: Transaction, id: UserId, origin: Origin): Promise<void> {
  if ((await lockUser(tx, id)) === null) throw new ApiError('NOT_FOUND');
  const user = await findUser(tx, id);
  if (!user || user.emailVerifiedAt || (await hasEnoughLinks(tx, id))) return;
  await mailLink(tx, id);
  await publish(tx, userVerificationRequested, { subject: id, version: 0, data: {}, origin });
}

/**
 * Somebody followed a link: the address of its account is proven, and all its links go, this one too. However many
 * come at once, one is let through. What waits for the address elsewhere is delivered afterwards.
 * @throws ApiError GONE where the token was used, has expired, or never was one
 */
export async function proveAddress(tx: Transaction, token: string, origin: Origin): Promise<void> {
  const tokenHash = hashOfToken(token);
  const id = await findVerification(tx, tokenHash);
  if (id === null || (await lockUser(tx, id)) === null) throw new ApiError('GONE');
  // Behind the lock: another one may have been quicker.
  if ((await findVerification(tx, tokenHash)) === null) throw new ApiError('GONE');
  await deleteVerifications(tx, id);
  await setVerified(tx, id);
  await insertDelivery(tx, id);
  const user = await findUser(tx, id);
  await publish(tx, userEmailVerified, {
    subject: id,
    version: user!.version,
    data: {},
    origin: { ...origin, actorId: id },
  });
}
