import type { RefreshTokenId, SessionId, UserId } from '@hivesync/contracts';
import { type DataSource, newId, query, type Transaction } from '@hivesync/database';
import type { TokenName } from './refresh-tokens.ts';

/** How long sessions go on. */
export interface SessionLifetime {
  /** A refresh token that is not used for so many days is refused. */
  unusedDays: number;
  /** So many days after its login a session is over, however often it was refreshed. */
  totalDays: number;
}

/** A live session that a token was presented for, and how that token stands. */
export interface PresentedToken {
  sessionId: SessionId;
  userId: UserId;
  /** When the session began, with a login. */
  startedAt: Date;
  /** Null where it is no longer kept: only the latest of a session are. */
  id: RefreshTokenId | null;
  parentId: RefreshTokenId | null;
  used: boolean;
  /** First used at most `graceSeconds` ago, or, where it is no longer kept, at least not surely longer ago. */
  usedJustNow: boolean;
  /** One that was got for it has been used. */
  childUsed: boolean;
}

/**
 * Finds what a token was presented for and locks its session, so that parallel refreshes of one session are judged one
 * after another. The lock comes first and by itself: a statement that waited for it would still see the token as it
 * was before.
 *
 * @param name what the token says of itself, which finds the session of one that is no longer kept
 * @returns null where the session is over or unknown, or the token has expired. A token that is younger than those kept
 * is unknown too: the database was set back.
 */
export async function lockPresentedToken(
  tx: Transaction,
  hash: string,
  name: TokenName | null,
  graceSeconds: number,
  { totalDays }: SessionLifetime,
): Promise<PresentedToken | null> {
  const [locked] = await query<{ id: SessionId }>(
    tx,
    `select id
     from sessions
     where id = coalesce((select session_id from refresh_tokens where token_hash = $1), $2)
     for update`,
    [hash, name?.sessionId ?? null],
  );
  if (!locked) return null;
  const [presented] = await query<PresentedToken>(
    tx,
    `select
       sessions.id as "sessionId",
       sessions.user_id as "userId",
       sessions.created_at as "startedAt",
       token.id,
       token.parent_id as "parentId",
       token.id is null or token.used_at is not null as "used",
       coalesce(
         case when token.id is null then kept.since else token.used_at end
           > clock_timestamp() - make_interval(secs => $3),
         false
       ) as "usedJustNow",
       token.id is null or exists (
         select
         from refresh_tokens as child
         where child.parent_id = token.id
           and child.used_at is not null
       ) as "childUsed"
     from sessions
     left join refresh_tokens as token on token.session_id = sessions.id and token.token_hash = $2
     cross join lateral (
       select min(created_at) as since, max(generation) as generation
       from refresh_tokens
       where session_id = sessions.id
         and expires_at > clock_timestamp()
     ) as kept
     where sessions.id = $1
       and sessions.ended_at is null
       and sessions.created_at > clock_timestamp() - make_interval(days => $4)
       and coalesce(token.expires_at > clock_timestamp(), $5 <= kept.generation, false)`,
    [locked.id, hash, graceSeconds, totalDays, name?.generation ?? null],
  );
  return presented ?? null;
}

/** Writes a token that is good for as long as its session's lifetime allows; does nothing where it is there already. */
export async function insertRefreshToken(
  tx: Transaction,
  token: {
    sessionId: SessionId;
    parentId: RefreshTokenId | null;
    generation: number;
    hash: string;
    lifetime: SessionLifetime;
  },
): Promise<void> {
  await query(
    tx,
    `insert into refresh_tokens (id, user_id, session_id, parent_id, generation, token_hash, expires_at)
     select
       $1,
       user_id,
       id,
       $3,
       $4,
       $5,
       least(now() + make_interval(days => $6), created_at + make_interval(days => $7))
     from sessions
     where id = $2
     on conflict (token_hash) do nothing`,
    [
      newId<RefreshTokenId>(),
      token.sessionId,
      token.parentId,
      token.generation,
      token.hash,
      token.lifetime.unusedDays,
      token.lifetime.totalDays,
    ],
  );
}

/**
 * Marks a token as used, and forgets all of its session but it, its parent and its child. It expires with its child at the
 * latest, so that a session with any token that has not expired has one that can still be used.
 */
export async function spendToken(
  tx: Transaction,
  token: { id: RefreshTokenId; parentId: RefreshTokenId | null; sessionId: SessionId },
  childHash: string,
): Promise<void> {
  await query(
    tx,
    `update refresh_tokens as token
     set used_at = clock_timestamp(), expires_at = least(token.expires_at, child.expires_at)
     from refresh_tokens as child
     where token.id = $1
       and child.token_hash = $2`,
    [token.id, childHash],
  );
  await query(
    tx,
    `delete from refresh_tokens
     where session_id = $1
       and id <> $2
       and id is distinct from $3
       and token_hash <> $4`,
    [token.sessionId, token.id, token.parentId, childHash],
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
