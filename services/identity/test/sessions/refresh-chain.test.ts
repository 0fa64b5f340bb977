import { describe, expect, test } from 'vitest';
import { type Person, startIdentityApp } from '../support/app.ts';

const service = await startIdentityApp();
const { database } = service;

let people = 0;
const person = () => service.person(`chain${++people}`);
const refresh = (token: string) =>
  service.asStranger().post('/api/v1/auth/refresh', { refresh_token: token });
/** The next refresh token, or the code of the refusal. */
const spend = async (token: string): Promise<string> => {
  const body = (await refresh(token)).json<{ refresh_token?: string; code?: string }>();
  return body.refresh_token ?? body.code ?? 'nothing';
};
/** As if all that happened to the session's tokens had been so much longer ago. */
const later = ({ sessionId }: Person, seconds: number) =>
  database.query(
    `update identity.refresh_tokens
     set used_at = used_at - make_interval(secs => $2), created_at = created_at - make_interval(secs => $2)
     where session_id = $1`,
    [sessionId, seconds],
  );
const rows = async ({ sessionId }: Person) =>
  (await database.query('select from identity.refresh_tokens where session_id = $1', [sessionId])).length;
const endOf = async ({ sessionId }: Person) => {
  const [row] = await database.query<{ reason: string | null }>(
    'select end_reason as reason from identity.sessions where id = $1',
    [sessionId],
  );
  return row?.reason;
};

describe('a refresh token has one child', () => {
  test('which fifty at once get, and the session lives', async () => {
    const alice = await person();
    const children = await Promise.all(Array.from({ length: 50 }, () => spend(alice.refreshToken)));
    expect(new Set(children).size).toBe(1);
    expect(await rows(alice)).toBe(2);
    const grandchildren = await Promise.all(children.map(spend));
    expect(new Set(grandchildren).size).toBe(1);
    expect(await endOf(alice)).toBeNull();
  });

  test('which is the same a day later, while it is unused', async () => {
    const alice = await person();
    const child = await spend(alice.refreshToken);
    await later(alice, 86_400);
    expect(await spend(alice.refreshToken)).toBe(child);
    expect(await endOf(alice)).toBeNull();
  });
});

describe('a stolen refresh token', () => {
  test('that comes twelve seconds later, when the owner has used its child, ends the session', async () => {
    const alice = await person();
    const child = await spend(alice.refreshToken);
    await later(alice, 12);
    const grandchild = await spend(child);
    expect(await spend(alice.refreshToken)).toBe('REFRESH_TOKEN_REUSED');
    expect(await endOf(alice)).toBe('token_reuse');
    expect(await spend(grandchild)).toBe('REFRESH_TOKEN_INVALID');
    expect((await service.events('identity.session.token_reused')).at(-1)).toMatchObject({
      subject: alice.sessionId,
    });
    const inbox = await database.query(
      `select payload_json ->> 'incident' as incident from identity.notifications where user_id = $1`,
      [alice.id],
    );
    expect(inbox).toEqual([{ incident: 'refresh_token_reused' }]);
  });

  test('that comes twelve seconds later buys no chain beside the owner’s: whoever is second is found out', async () => {
    const alice = await person();
    const child = await spend(alice.refreshToken);
    await later(alice, 12);
    // The thief gets the token that the owner has as well.
    expect(await spend(alice.refreshToken)).toBe(child);
    const ofThief = await spend(child);
    await later(alice, 12);
    await spend(ofThief);
    await later(alice, 12);
    expect(await spend(child)).toBe('REFRESH_TOKEN_REUSED');
    expect(await endOf(alice)).toBe('token_reuse');
  });

  test('ends the session also when it is long forgotten: three are kept, all are known', async () => {
    const alice = await person();
    let token = alice.refreshToken;
    for (let n = 0; n < 12; n++) {
      token = await spend(token);
      expect(await rows(alice)).toBeLessThanOrEqual(3);
    }
    await later(alice, 12);
    expect(await spend(alice.refreshToken)).toBe('REFRESH_TOKEN_REUSED');
    expect(await endOf(alice)).toBe('token_reuse');
  });

  test('is not seen in one that is slow: within ten seconds it gets its child again, kept or not', async () => {
    const alice = await person();
    const child = await spend(alice.refreshToken);
    let token = child;
    for (let n = 0; n < 5; n++) token = await spend(token);
    expect(await spend(alice.refreshToken)).toBe(child);
    expect(await rows(alice)).toBe(3);
    expect(await spend(token)).toMatch(/^hsr_/);
    expect(await endOf(alice)).toBeNull();
  });

  test('is not seen in what somebody makes up, nor in one that a restored database does not know yet', async () => {
    const alice = await person();
    const body = Buffer.from(alice.refreshToken.slice(4), 'base64url');
    body.writeUInt8(body.readUInt8(30) ^ 1, 30);
    expect(await spend(`hsr_${body.toString('base64url')}`)).toBe('REFRESH_TOKEN_INVALID');

    const kept = await database.query('select * from identity.refresh_tokens where session_id = $1', [
      alice.sessionId,
    ]);
    const child = await spend(alice.refreshToken);
    const grandchild = await spend(child);
    await database.query('delete from identity.refresh_tokens where session_id = $1', [alice.sessionId]);
    await database.query(
      'insert into identity.refresh_tokens select * from json_populate_recordset(null::identity.refresh_tokens, $1::json)',
      [JSON.stringify(kept)],
    );
    expect(await spend(grandchild)).toBe('REFRESH_TOKEN_INVALID');
    expect(await spend(child)).toBe('REFRESH_TOKEN_INVALID');
    expect(await endOf(alice)).toBeNull();
  });
});

describe('a session of the version before', () => {
  /** A token as that version made them, in place of the person's. */
  const old = async ({ sessionId }: Person, token: string, used = false) => {
    await database.query(
      `insert into identity.refresh_tokens (id, user_id, session_id, parent_id, token_hash, expires_at, used_at)
       select gen_random_uuid(), user_id, id,
         (select id from identity.refresh_tokens where session_id = $1 order by created_at desc limit 1),
         encode(sha256(convert_to($2, 'UTF8')), 'hex'), now() + interval '30 days',
         case when $3::boolean then now() end
       from identity.sessions
       where id = $1`,
      [sessionId, token, used],
    );
  };
  const replaced = async () => {
    const alice = await person();
    await database.query('delete from identity.refresh_tokens where session_id = $1', [alice.sessionId]);
    const tokens = [1, 2].map((n) => `hsr_${n}${'x'.repeat(42)}${alice.sessionId}`.slice(0, 60)) as [
      string,
      string,
    ];
    return { alice, tokens };
  };

  test('lives on', async () => {
    const { alice, tokens } = await replaced();
    await old(alice, tokens[0], true);
    await old(alice, tokens[1]);
    let token: string = tokens[1];
    for (let n = 0; n < 4; n++) {
      token = await spend(token);
      expect(token).toMatch(/^hsr_/);
      expect(await rows(alice)).toBeLessThanOrEqual(3);
    }
    expect(await endOf(alice)).toBeNull();
  });

  test('lives on where the answer of that version was lost, or came as well', async () => {
    const { alice, tokens } = await replaced();
    await old(alice, tokens[0], true);
    await old(alice, tokens[1]);
    expect(await spend(tokens[0])).toMatch(/^hsr_/);
    expect(await spend(tokens[1])).toMatch(/^hsr_/);
    expect(await endOf(alice)).toBeNull();
  });
});

test('thirty days unused and ninety in all: then a session is over, however busy it was', async () => {
  const alice = await person();
  const age = (days: number) =>
    database.query(
      `update identity.sessions set created_at = now() - make_interval(days => $2) where id = $1`,
      [alice.sessionId, days],
    );
  const left = async () => {
    const [row] = await database.query<{ days: number }>(
      `select round(extract(epoch from max(expires_at) - now()) / 86400)::integer as days
       from identity.refresh_tokens
       where session_id = $1`,
      [alice.sessionId],
    );
    return row?.days;
  };
  expect(await left()).toBe(30);
  await age(75);
  const child = await spend(alice.refreshToken);
  expect(await left()).toBe(15);
  await age(91);
  expect(await spend(child)).toBe('REFRESH_TOKEN_INVALID');
});
