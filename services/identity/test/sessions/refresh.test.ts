import type { SessionId, UserId } from '@hivesync/contracts';
import { newId, transaction } from '@hivesync/database';
import { describe, expect, test } from 'vitest';
import { logIn } from '../../src/sessions/login.service.ts';
import { refreshSession } from '../../src/sessions/refresh.service.ts';
import { deleteExpiredTokens, lockPresentedToken } from '../../src/sessions/refresh-token.repository.ts';
import { refreshTokenHash } from '../../src/sessions/refresh-tokens.ts';
import { countSessions, listSessions } from '../../src/sessions/session.repository.ts';
import { endForgottenSessions, endSessionsAs } from '../../src/sessions/session.service.ts';
import { password, startIdentity } from '../support/identity.ts';

const { db, dataSource, context, register, events } = await startIdentity();

let users = 0;
async function session() {
  const user = await register(`user${++users}@example.com`);
  return logIn(context, {
    email: user.email,
    password,
    device: { name: 'Laptop', platform: 'linux' },
    address: '192.0.2.1',
    userAgent: 'test',
    origin: {},
  });
}
const refresh = (token: string) => refreshSession(context, token, {});
const refusal = (code: string) => expect.objectContaining({ code });
const usedLongAgo = (sessionId: SessionId) =>
  db.query(
    `update identity.refresh_tokens set used_at = used_at - interval '11 seconds' where session_id = $1`,
    [sessionId],
  );
const endOf = async (sessionId: SessionId) => {
  const [row] = await db.query<{ reason: string | null }>(
    'select end_reason as reason from identity.sessions where id = $1',
    [sessionId],
  );
  return row?.reason;
};

describe('a refresh token', () => {
  test('buys a new pair of the same session', async () => {
    const first = await session();
    const second = await refresh(first.refreshToken);
    expect(second.sessionId).toBe(first.sessionId);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect((await refresh(second.refreshToken)).sessionId).toBe(first.sessionId);
  });

  test('carries the tier and role of now, not of the login', async () => {
    const { refreshToken, user } = await session();
    await db.query(`update identity.users set tier = 'pro', role = 'admin' where id = $1`, [user.id]);
    expect((await refresh(refreshToken)).user).toMatchObject({ tier: 'pro', role: 'admin' });
  });

  test('is accepted again within ten seconds, also when what it bought is used', async () => {
    const { refreshToken, sessionId } = await session();
    const next = await refresh(refreshToken);
    await refresh(next.refreshToken);
    await refresh(refreshToken);
    expect(await endOf(sessionId)).toBeNull();
  });

  test('is accepted again later while nothing that it bought was used: the answer was lost', async () => {
    const { refreshToken, sessionId } = await session();
    await refresh(refreshToken);
    await usedLongAgo(sessionId);
    await refresh(refreshToken);
    expect(await endOf(sessionId)).toBeNull();
  });

  test('used again later ends the session for both who hold it, with events and a notice', async () => {
    const { refreshToken, sessionId, user } = await session();
    const next = await refresh(refreshToken);
    const latest = await refresh(next.refreshToken);
    await usedLongAgo(sessionId);
    await expect(refresh(refreshToken)).rejects.toThrow(refusal('REFRESH_TOKEN_REUSED'));
    expect(await endOf(sessionId)).toBe('token_reuse');
    await expect(refresh(latest.refreshToken)).rejects.toThrow(refusal('REFRESH_TOKEN_INVALID'));
    expect((await events('identity.session.token_reused')).at(-1)).toMatchObject({ subject: sessionId });
    expect((await events('identity.session.ended')).at(-1)).toMatchObject({
      subject: sessionId,
      data: { user_id: user.id, reason: 'token_reuse' },
    });
    expect(
      await db.query(
        `select type, payload_json ->> 'incident' as incident from identity.notifications where user_id = $1`,
        [user.id],
      ),
    ).toEqual([{ type: 'security_event', incident: 'refresh_token_reused' }]);
  });

  test('sent fifty times at once leaves the session alive, and each answer is good', async () => {
    const { refreshToken, sessionId } = await session();
    const pairs = await Promise.all(Array.from({ length: 50 }, () => refresh(refreshToken)));
    expect(new Set(pairs.map((pair) => pair.refreshToken)).size).toBe(1);
    expect(await endOf(sessionId)).toBeNull();
    await Promise.all(pairs.map((pair) => refresh(pair.refreshToken)));
    expect(await endOf(sessionId)).toBeNull();
  });

  test.each([
    ['unknown', async () => 'hsr_unknown'],
    [
      'expired',
      async () => {
        const { refreshToken, sessionId } = await session();
        await db.query('update identity.refresh_tokens set expires_at = now() where session_id = $1', [
          sessionId,
        ]);
        return refreshToken;
      },
    ],
    [
      'of an ended session',
      async () => {
        const { refreshToken, sessionId, user } = await session();
        await transaction(dataSource, (tx) => endSessionsAs(tx, user.id, { only: sessionId }, 'logout', {}));
        return refreshToken;
      },
    ],
    [
      'of a deleted account',
      async () => {
        const { refreshToken, user } = await session();
        await db.query('delete from identity.users where id = $1', [user.id]);
        return refreshToken;
      },
    ],
  ])('is refused when it is %s', async (_, token) => {
    await expect(refresh(await token())).rejects.toThrow(refusal('REFRESH_TOKEN_INVALID'));
  });
});

test('tokens that have expired are deleted, and no others', async () => {
  const old = await session();
  const young = await session();
  await db.query(
    `update identity.refresh_tokens set expires_at = now() - interval '1 second' where session_id = $1`,
    [old.sessionId],
  );
  expect(await deleteExpiredTokens(dataSource)).toBeGreaterThanOrEqual(1);
  const left = await db.query(
    'select session_id as id from identity.refresh_tokens where session_id = any($1)',
    [[old.sessionId, young.sessionId]],
  );
  expect(left).toEqual([{ id: young.sessionId }]);
});

describe('ending sessions', () => {
  const end = (userId: UserId, choice: Parameters<typeof endSessionsAs>[2]) =>
    transaction(dataSource, (tx) => endSessionsAs(tx, userId, choice, 'revoked', {}));

  test('touches nobody else, and an ended one is not ended twice', async () => {
    const mine = await session();
    const theirs = await session();
    expect(await end(mine.user.id, { only: theirs.sessionId })).toEqual([]);
    expect(await endOf(theirs.sessionId)).toBeNull();
    expect(await end(mine.user.id, { only: mine.sessionId })).toEqual([mine.sessionId]);
    expect(await end(mine.user.id, { only: mine.sessionId })).toEqual([]);
  });
});

describe('a session that is not refreshed any more', () => {
  /** As if its last refresh were so many days ago. */
  const leave = async (sessionId: SessionId, days: number) => {
    await db.query(
      `update identity.sessions set last_seen = now() - make_interval(days => $2) where id = $1`,
      [sessionId, days],
    );
    await db.query(
      `update identity.refresh_tokens set expires_at = now() + make_interval(days => 30 - $2::integer)
       where session_id = $1`,
      [sessionId, days],
    );
  };
  const listed = async (userId: UserId) => [
    await listSessions(dataSource, userId, { after: null, limit: 10 }),
    await countSessions(dataSource, userId),
  ];

  test('is over when its last refresh token runs out, and is in no list from then on', async () => {
    const { user, sessionId } = await session();
    await leave(sessionId, 29);
    expect(await listed(user.id)).toMatchObject([[{ id: sessionId }], 1]);
    await leave(sessionId, 31);
    expect(await listed(user.id)).toEqual([[], 0]);
  });

  test('is ended by the job with an event, once, its tokens deleted before or not; others are left', async () => {
    const [gone, goneLong, idle, fresh] = [
      await session(),
      await session(),
      await session(),
      await session(),
    ];
    await leave(goneLong.sessionId, 400);
    await deleteExpiredTokens(dataSource);
    await leave(gone.sessionId, 31);
    await leave(idle.sessionId, 29);
    await endForgottenSessions(dataSource, context.lifetime);
    expect(await endForgottenSessions(dataSource, context.lifetime)).toBe(0);
    const ends = [];
    for (const { sessionId } of [gone, goneLong, idle, fresh]) ends.push(await endOf(sessionId));
    expect(ends).toEqual(['expired', 'expired', null, null]);
    const told = (await events('identity.session.ended')).filter(({ data }) =>
      [gone.user.id, goneLong.user.id].includes((data as { user_id: UserId }).user_id),
    );
    expect(told).toHaveLength(2);
    expect(told[0]).toMatchObject({ data: { reason: 'expired' } });
  });

  test('is not ended while its token is good, however short the lifetime has become', async () => {
    const { sessionId } = await session();
    await leave(sessionId, 20);
    await endForgottenSessions(dataSource, { ...context.lifetime, unusedDays: 7 });
    expect(await endOf(sessionId)).toBeNull();
  });

  test('is ended by the job when it is too old, however lately it was refreshed', async () => {
    const { sessionId } = await session();
    await db.query(`update identity.sessions set created_at = now() - interval '91 days' where id = $1`, [
      sessionId,
    ]);
    expect(await endForgottenSessions(dataSource, context.lifetime)).toBe(1);
    expect(await endOf(sessionId)).toBe('expired');
  });

  test('is not ended under the hands of who refreshes it', async () => {
    const { sessionId, refreshToken } = await session();
    await leave(sessionId, 20);
    await transaction(dataSource, async (tx) => {
      await lockPresentedToken(tx, refreshTokenHash(refreshToken), null, 10, context.lifetime);
      await db.query('delete from identity.refresh_tokens where session_id = $1', [sessionId]);
      await endForgottenSessions(dataSource, { ...context.lifetime, unusedDays: 7 });
    });
    expect(await endOf(sessionId)).toBeNull();
  });
});

test('whether a login comes from a network that is known is looked up in an index', async () => {
  const plan = await transaction(dataSource, async (tx) => {
    await tx.query('set local enable_seqscan = off');
    await tx.query('set local enable_bitmapscan = off');
    return tx.query(
      `explain select from sessions where user_id = '${newId()}'
       and ip_address <<= network(set_masklen('192.0.2.1'::inet, 24))`,
    );
  });
  expect(JSON.stringify(plan)).toMatch(/sessions_user_id_ip_address_idx.*ip_address >=/s);
});
