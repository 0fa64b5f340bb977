import type { RefreshTokenId, SessionId, UserId } from '@hivesync/contracts';
import { type DataSource, newId, query, type Transaction } from '@hivesync/database';

/** A refresh token as it stands, with the marks by which it is judged. */
export interface PresentedToken {
  id: RefreshTokenId;
  sessionId: SessionId;
  userId: UserId;
  /** When the session began, with a login. */
  startedAt: Date;
  sessionEnded: boolean;
  expired: boolean;
  used: boolean;
  /** First used at most `graceSeconds` ago. */
  usedJustNow: boolean;
  /** One that was got for it has been used. */
  childUsed: boolean;
}

/**
 * Finds a token and locks its session, so that parallel refreshes of one session are judged one after another.
 * The lock comes first and by itself: a statement that waited for it would still see the token as it was before.
 */
export async function lockPresentedToken(
  tx: Transaction,
  hash: string,
  graceSeconds: number,
): Promise<PresentedToken | null> {
  const locked = await query<{ id: SessionId }>(
    tx,
    `select id
     from sessions
     where id = (
       select session_id
       from refresh_tokens
       where token_hash = $1
     )
     for update`,
    [hash],
  );
  if (locked.length === 0) return null;
  const rows = await query<PresentedToken>(
    tx,
    `select
       token.id,
       token.session_id as "sessionId",
       token.user_id as "userId",
       sessions.created_at as "startedAt",
       sessions.ended_at is not null as "sessionEnded",
       token.expires_at <= clock_timestamp() as "expired",
       token.used_at is not null as "used",
       coalesce(token.used_at > clock_timestamp() - make_interval(secs => $2), false) as "usedJustNow",
       exists (
         select
         from refresh_tokens as child
         where child.parent_id = token.id
           and child.used_at is not null
       ) as "childUsed"
     from refresh_tokens as token
     join sessions on sessions.id = token.session_id
     where token.token_hash = $1`,
    [hash, graceSeconds],
  );
  return rows[0] ?? null;
}

export async function markUsed(tx: Transaction, id: RefreshTokenId): Promise<void> {
  await query(
    tx,
    `update refresh_tokens
     set used_at = clock_timestamp()
     where id = $1
       and used_at is null`,
    [id],
  );
}

export async function insertRefreshToken(
  tx: Transaction,
  token: {
    userId: UserId;
    sessionId: SessionId;
    parentId: RefreshTokenId | null;
    hash: string;
    lifetimeDays: number;
  },
): Promise<void> {
  await query(
    tx,
    `insert into refresh_tokens (id, user_id, session_id, parent_id, token_hash, expires_at)
     values ($1, $2, $3, $4, $5, now() + make_interval(days => $6))`,
    [newId<RefreshTokenId>(), token.userId, token.sessionId, token.parentId, token.hash, token.lifetimeDays],
  );
}

/** Deletes tokens that have expired, as they are refused anyway, 1,000 at a time; answers how many. */
export async function deleteExpiredTokens(source: DataSource): Promise<number> {
  for (let deleted = 0; ; ) {
    const rows = await query<{ id: RefreshTokenId }>(
      source,
      `delete from refresh_tokens
       where id in (
         select id
         from refresh_tokens
         where expires_at < now()
         limit 1000
         for update skip locked
       )
       returning id`,
    );
    deleted += rows.length;
    if (rows.length < 1000) return deleted;
  }
}
