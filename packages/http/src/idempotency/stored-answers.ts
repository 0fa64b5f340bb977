import { type DataSource, query, type Transaction } from '@hivesync/database';
import { withoutNamesOfDeleted } from '@hivesync/events';

/** Names one try of one caller: the key is theirs to choose, the hash tells whether it is the same request. */
export interface IdempotentRequest {
  caller: string;
  key: string;
  hash: Buffer;
}

export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  /** JSON as it was sent; null for an answer without body. */
  body: string | null;
}

/** The answer under a caller's key, with the hash of the request that it was given to; expired ones are gone. */
export async function findAnswer(
  source: DataSource | Transaction,
  { caller, key }: IdempotentRequest,
): Promise<{ hash: Buffer; answer: StoredAnswer } | null> {
  const [row] = await query<{
    request_hash: Buffer;
    status: number;
    headers: Record<string, string> | null;
    response: string | null;
  }>(
    source,
    `select request_hash, status, headers, response::text as response
       from idempotency_keys
      where caller = $1
        and key = $2
        and expires_at > now()
        and status is not null`,
    [caller, key],
  );
  return row
    ? {
        hash: row.request_hash,
        answer: { status: row.status, headers: row.headers ?? {}, body: row.response },
      }
    : null;
}

/**
 * Keeps an answer for 24 h, with what it tells of, in one transaction. None is kept for somebody who is deleted: whose
 * token still runs may go on asking for minutes. An answer to others does not tell who such a person was.
 */
export async function storeAnswer(
  tx: Transaction,
  { caller, key, hash }: IdempotentRequest,
  { status, headers, body }: StoredAnswer,
): Promise<void> {
  await query(
    tx,
    `insert into idempotency_keys (caller, key, request_hash, status, headers, response)
     select $1::text, $2, $3, $4, $5, $6
      where not (case when $1 like 'user:%' then person_is_deleted(substr($1, 6)::uuid) else false end)
         on conflict (caller, key) do update
        set request_hash = excluded.request_hash,
            status = excluded.status,
            headers = excluded.headers,
            response = excluded.response,
            created_at = excluded.created_at,
            expires_at = excluded.expires_at`,
    [caller, key, hash, status, JSON.stringify(headers), body && (await withoutNamesOfDeleted(tx, body))],
  );
}

/** Holds the key until the transaction ends; false where another request holds it. */
export async function holdKey(tx: Transaction, { caller, key }: IdempotentRequest): Promise<boolean> {
  const [row] = await query<{ held: boolean }>(
    tx,
    `select pg_try_advisory_xact_lock(
       hashtextextended(concat_ws(chr(31), 'idempotency', current_schema(), $1::text, $2::text), 0)
     ) as held`,
    [caller, key],
  );
  return row?.held ?? false;
}

/** Deletes what has expired, `batch` rows a transaction, until none is left. @returns how many. */
export async function deleteExpiredAnswers(dataSource: DataSource, batch = 1_000): Promise<number> {
  for (let deleted = 0; ; ) {
    const rows = await query<{ key: string }>(
      dataSource,
      `delete from idempotency_keys
        using (
          select caller, key
            from idempotency_keys
           where expires_at <= now()
           order by expires_at
           limit $1
             for update skip locked
        ) as expired
        where idempotency_keys.caller = expired.caller
          and idempotency_keys.key = expired.key
       returning idempotency_keys.key`,
      [batch],
    );
    deleted += rows.length;
    if (rows.length < batch) return deleted;
  }
}
