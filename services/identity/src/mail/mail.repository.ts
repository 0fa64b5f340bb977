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
import type { MailKind } from './mail.entity.ts';

const due: DueTable = { name: 'mails', key: 'id', open: 'given_up_at is null' };
/** How long one that was given up can be looked at. */
const givenUpDays = 7;

export interface NewMail {
  id: string;
  userId: UserId;
  kind: 'email_verification';
  verificationId: string;
}

/** Has the mail sent once the transaction is through. It is of use for as long as its link is. */
export async function insertMail(tx: Transaction, mail: NewMail): Promise<void> {
  await query(
    tx,
    `insert into mails (id, user_id, kind, verification_id, useful_until)
     select $1, $2, $3, id, expires_at
     from email_verifications
     where id = $4`,
    [mail.id, mail.userId, mail.kind, mail.verificationId],
  );
}

/** A mail that is this caller's to send, until its lease is over. */
export interface ClaimedMail extends ClaimedWork {
  kind: MailKind;
  verificationId: string | null;
  /** Where it goes: what the account has as its address now. */
  to: string;
  /** When the account was made. */
  registeredAt: Date;
  /** Whether it is of no use any more. */
  late: boolean;
}

/** Takes the one that has been due for longest; undefined where none is. Those of an account that has gone go too. */
export async function claimMail(
  dataSource: DataSource,
  leaseSeconds: number,
): Promise<ClaimedMail | undefined> {
  for (;;) {
    const claimed = await claimDueWork(dataSource, due, leaseSeconds);
    if (!claimed) return undefined;
    const [mail] = await query<Omit<ClaimedMail, 'id' | 'attempts'>>(
      dataSource,
      `select
         mails.kind,
         mails.verification_id as "verificationId",
         users.email as "to",
         users.created_at as "registeredAt",
         mails.useful_until < now() as late
       from mails
       join users on users.id = mails.user_id
       where mails.id = $1
         and users.deleted_at is null`,
      [claimed.id],
    );
    if (mail) return { ...claimed, ...mail };
    await deleteMail(dataSource, claimed.id);
  }
}

export async function deleteMail(dataSource: DataSource, id: string): Promise<void> {
  await query(dataSource, 'delete from mails where id = $1', [id]);
}

export function postponeMail(dataSource: DataSource, claimed: ClaimedWork, error: string): Promise<void> {
  return postponeDueWork(dataSource, due, claimed, error);
}

/** The last error of one that is merely late stays. */
export async function giveMailUp(
  dataSource: DataSource,
  { id, attempts }: ClaimedWork,
  error: string | null,
): Promise<void> {
  await query(
    dataSource,
    `update mails
     set given_up_at = now(),
         last_error = coalesce($3, last_error)
     where id = $1
       and attempts = $2`,
    [id, attempts, error],
  );
}

/** At most 1,000 at once. */
export async function deleteOldMails(dataSource: DataSource): Promise<void> {
  await query(
    dataSource,
    `delete from mails
     where id in (
       select id
       from mails
       where given_up_at < now() - make_interval(days => $1)
       limit 1000
     )`,
    [givenUpDays],
  );
}

export interface OpenMails {
  open: number;
  /** Those of them whose last attempt failed. */
  failing: number;
  /** Age of the oldest of them; 0: there is none. */
  oldest_seconds: number;
  /** Of the last 7 days. */
  given_up: number;
}

export async function openMails(dataSource: DataSource): Promise<OpenMails> {
  const [counted] = await query<OpenMails>(
    dataSource,
    `select
       (count(*) filter (where given_up_at is null))::integer as open,
       (count(last_error) filter (where given_up_at is null))::integer as failing,
       coalesce(
         extract(epoch from now() - min(created_at) filter (where given_up_at is null)),
         0
       )::integer as oldest_seconds,
       count(given_up_at)::integer as given_up
     from mails`,
  );
  return counted!;
}
