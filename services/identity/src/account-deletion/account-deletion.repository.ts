import type { ServiceName, UserId } from '@hivesync/contracts';
import { type DataSource, query, type Transaction } from '@hivesync/database';

/**
 * Makes the account nobody's: it has no address, which is free again, and no password fits it. The caller holds its lock.
 * @returns its version after that
 */
export async function closeAccount(tx: Transaction, id: UserId): Promise<number> {
  const [closed] = await query<{ version: number }>(
    tx,
    `update users
     set email = null,
         password_hash = '$argon2id$deleted',
         deleted_at = now(),
         version = version + 1
     where id = $1
     returning version`,
    [id],
  );
  return closed!.version;
}

/** Whatever could still start a session, and what was still to be done for the address. */
export async function deleteKeys(tx: Transaction, id: UserId): Promise<void> {
  await query(tx, 'delete from api_keys where user_id = $1', [id]);
  await query(tx, 'delete from session_tokens where user_id = $1', [id]);
  await query(tx, 'delete from refresh_tokens where user_id = $1', [id]);
  await query(tx, 'delete from mails where user_id = $1', [id]);
  await query(tx, 'delete from email_verifications where user_id = $1', [id]);
  await query(tx, 'delete from invitation_deliveries where user_id = $1', [id]);
}

/** The report, with a part for each service that has not reported yet. */
export async function openReport(
  tx: Transaction,
  id: UserId,
  receiptHash: string,
  services: readonly ServiceName[],
): Promise<void> {
  await query(tx, 'insert into account_deletions (user_id, receipt_hash) values ($1, $2)', [id, receiptHash]);
  await query(
    tx,
    `insert into account_deletion_parts (user_id, service)
     select $1, service
     from unnest($2::text[]) as service`,
    [id, services],
  );
}

/** Once: a repeat changes nothing. Without an account that was deleted here there is nothing to report. */
export async function recordPart(
  tx: Transaction,
  part: {
    userId: string;
    service: string;
    removed: Record<string, number>;
    longestLockMs: number;
    at: string;
  },
): Promise<void> {
  await query(
    tx,
    `update account_deletion_parts
     set removed = $3::jsonb, longest_lock_ms = $4, completed_at = $5
     where user_id = $1
       and service = $2
       and completed_at is null`,
    [part.userId, part.service, JSON.stringify(part.removed), part.longestLockMs, part.at],
  );
}

/**
 * Once every service has reported, all have read past the events that tell the person's name: those go from the
 * outbox before their time. Whoever fills itself from history later learns of the deletion alone, which is enough.
 */
export async function forgetNames(tx: Transaction, id: string): Promise<void> {
  await query(
    tx,
    `delete from outbox
     where subject = $1::text
       and aggregate = 'identity.user'
       and aggregate_version > 0
       and type in ('identity.user.registered', 'identity.user.updated')
       and exists (
         select
         from account_deletions
         where user_id = $1::uuid
       )
       and not exists (
         select
         from account_deletion_parts
         where user_id = $1::uuid
           and completed_at is null
       )`,
    [id],
  );
}

export interface DeletionReport {
  receiptHash: string;
  requestedAt: Date;
  services: {
    service: ServiceName;
    completed_at: string | null;
    removed: Record<string, number>;
    longest_lock_ms: number | null;
  }[];
}

export async function findReport(source: DataSource, id: UserId): Promise<DeletionReport | null> {
  const [report] = await query<DeletionReport>(
    source,
    `select
       receipt_hash as "receiptHash",
       requested_at as "requestedAt",
       (
         select json_agg(
           json_build_object(
             'service', service,
             'completed_at', to_char(completed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
             'removed', removed,
             'longest_lock_ms', longest_lock_ms
           )
           order by service
         )
         from account_deletion_parts
         where account_deletion_parts.user_id = account_deletions.user_id
       ) as services
     from account_deletions
     where user_id = $1`,
    [id],
  );
  return report ?? null;
}

/** In the order in which they can go: what points at another before that. */
const belongings = [
  'mails',
  'email_verifications',
  'invitation_deliveries',
  'notifications',
  'refresh_tokens',
  'session_tokens',
  'api_keys',
  'sessions',
  'device_sessions',
  'user_profiles',
] as const;

/** Removes at most `limit` rows of the first table that has any; how many of which, or nothing when none is left. */
export async function removeBelongings(
  tx: Transaction,
  id: string,
  limit: number,
): Promise<Record<string, number>> {
  for (const table of belongings) {
    const [gone] = await query<{ rows: number }>(
      tx,
      `with gone as (
         delete from ${table}
         where ctid = any(array(select ctid from ${table} where user_id = $1 limit $2))
         returning 1
       )
       select count(*)::integer as rows from gone`,
      [id, limit],
    );
    if (gone && gone.rows > 0) return { [table]: gone.rows };
  }
  return {};
}

/** Waits for whoever is just writing for the account, and refuses later ones; false where it is gone. */
export async function lockForRemoval(tx: Transaction, id: string): Promise<boolean> {
  const rows = await query(tx, 'select id from users where id = $1 and deleted_at is not null for update', [
    id,
  ]);
  return rows.length === 1;
}

/** The last of it: the stored answer to its registration, which was a stranger's, and its own row. */
export async function removeUser(tx: Transaction, id: string): Promise<Record<string, number>> {
  const answers = await query(
    tx,
    `delete from idempotency_keys
     where caller like 'anonymous:%'
       and status = 201
       and response ->> 'id' = $1::text
     returning key`,
    [id],
  );
  await query(tx, 'delete from users where id = $1', [id]);
  return { ...(answers.length > 0 && { idempotency_keys: answers.length }), users: 1 };
}
