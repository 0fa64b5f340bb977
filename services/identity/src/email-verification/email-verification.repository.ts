import type { UserId } from '@hivesync/contracts';
import { type DataSource, query, type Transaction } from '@hivesync/database';

const linkHours = 24;
/** Links of one person within the life of a link, the first one's included. */
const linksAtOnce = 5;
const secondsBetween = 60;

/** A link whose token is not known yet: that is made when it is mailed. */
export async function insertVerification(tx: Transaction, id: string, userId: UserId): Promise<void> {
  await query(
    tx,
    `insert into email_verifications (id, user_id, expires_at)
     values ($1, $2, now() + make_interval(hours => $3))`,
    [id, userId, linkHours],
  );
}

/** Whether one more now would be one too many. The caller holds the lock of the user. */
export async function hasEnoughLinks(tx: Transaction, userId: UserId): Promise<boolean> {
  const [counted] = await query<{ enough: boolean }>(
    tx,
    `select
       count(*) >= $2
       or coalesce(max(created_at) > now() - make_interval(secs => $3), false) as enough
     from email_verifications
     where user_id = $1
       and expires_at > now()`,
    [userId, linksAtOnce, secondsBetween],
  );
  return counted!.enough;
}

/** Has the link be known by its token; false where it is gone. The same token each time changes nothing. */
export async function keepTokenHash(dataSource: DataSource, id: string, tokenHash: string): Promise<boolean> {
  const rows = await query(
    dataSource,
    `update email_verifications
     set token_hash = $2
     where id = $1
     returning id`,
    [id, tokenHash],
  );
  return rows.length === 1;
}

/** Whose link this is; null where it is none, or no longer. */
export async function findVerification(tx: Transaction, tokenHash: string): Promise<UserId | null> {
  const [found] = await query<{ userId: UserId }>(
    tx,
    `select user_id as "userId"
     from email_verifications
     where token_hash = $1
       and expires_at > now()`,
    [tokenHash],
  );
  return found?.userId ?? null;
}

/** Deletes all links of a person, with the mails that would bring them; how many there were. */
export async function deleteVerifications(tx: Transaction, userId: UserId): Promise<number> {
  const gone = await query(
    tx,
    `with needless as (
       delete from mails
       where verification_id in (
         select id
         from email_verifications
         where user_id = $1
       )
     )
     delete from email_verifications
     where user_id = $1
     returning id`,
    [userId],
  );
  return gone.length;
}

/** At most 1,000 at once. Those with a mail go later: it is given up first, so that somebody sees it. */
export async function deleteExpiredVerifications(dataSource: DataSource): Promise<void> {
  await query(
    dataSource,
    `delete from email_verifications
     where id in (
       select id
       from email_verifications
       where expires_at < now()
         and not exists (
           select
           from mails
           where mails.verification_id = email_verifications.id
         )
       limit 1000
     )`,
  );
}

/** The caller holds the lock of the user. */
export async function setVerified(tx: Transaction, userId: UserId): Promise<void> {
  await query(tx, 'update users set email_verified_at = now(), version = version + 1 where id = $1', [
    userId,
  ]);
}
