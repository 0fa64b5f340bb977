import { testDatabase } from '@hivesync/testing';
import { describe, expect, test } from 'vitest';
import { database } from '../src/database/data-source.ts';

const db = await testDatabase(database);

test('has the indexes that the plan of all services does not hold', async () => {
  const rows = await db.query<{ definition: string }>(
    `select regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX \\S+ ON identity\\.', '\\1') as definition
       from pg_indexes
      where schemaname = 'identity'`,
  );
  expect(rows.map((row) => row.definition)).toEqual(
    expect.arrayContaining([
      'session_tokens USING btree (used) WHERE (used = false)',
      'notifications USING btree (user_id) WHERE (NOT is_read)',
      'UNIQUE api_keys USING btree (hashed_key)',
    ]),
  );
});

describe('the tables refuse', () => {
  const user = '01890000-0000-7000-8000-000000000001';
  const phc = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA';
  const addUser = (id: string, email: string, hash = phc) =>
    db.query('insert into identity.users (id, email, password_hash) values ($1, $2, $3)', [id, email, hash]);

  test('an address in another case, a password that is no hash, a token that is no digest', async () => {
    await addUser(user, 'alice@example.com');
    const other = '01890000-0000-7000-8000-000000000002';
    await expect(addUser(other, 'Alice@Example.com')).rejects.toThrow(/users_email_key/);
    await expect(addUser(other, 'bob@example.com', 'correct horse')).rejects.toThrow(/password_hash_check/);
    await expect(
      db.query(
        `insert into identity.session_tokens (token, user_id, expires_at) values ('plain', $1, now())`,
        [user],
      ),
    ).rejects.toThrow(/session_tokens_token_check/);
    await expect(
      db.query(
        `insert into identity.user_profiles (user_id, display_name, preferences_json) values ($1, 'A', $2)`,
        [user, JSON.stringify({ big: 'x'.repeat(16_384) })],
      ),
    ).rejects.toThrow(/preferences_json_check/);
  });

  test('two active signing keys', async () => {
    const add = (kid: string) =>
      db.query(
        `insert into identity.signing_keys (kid, public_jwk, private_key_encrypted)
         values ($1, '{"kty": "OKP", "crv": "Ed25519"}', '\\x00')`,
        [kid],
      );
    await add('one');
    await expect(add('two')).rejects.toThrow(/signing_keys_active_key/);
  });

  test('nothing when a user goes with all that hangs on it', async () => {
    const id = '01890000-0000-7000-8000-000000000003';
    await addUser(id, 'carol@example.com');
    await db.query(`insert into identity.sessions (id, user_id) values ($1, $1)`, [id]);
    await db.query(
      `insert into identity.refresh_tokens (id, user_id, session_id, token_hash, expires_at)
       values ($1, $1, $1, repeat('a', 64), now())`,
      [id],
    );
    await db.query('delete from identity.users where id = $1', [id]);
    expect(await db.query('select from identity.refresh_tokens where user_id = $1', [id])).toEqual([]);
    expect(await db.query('select from identity.sessions where user_id = $1', [id])).toEqual([]);
  });
});
