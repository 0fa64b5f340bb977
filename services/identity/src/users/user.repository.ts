import { foldEmail, type Tier, type UserId, type UserRole } from '@hivesync/contracts';
import { type DataSource, query, type Transaction } from '@hivesync/database';
import type { PageRequest } from '@hivesync/http';

/** A user with its profile, as one. */
export interface UserRecord {
  id: UserId;
  email: string;
  /** Null while nobody has proven that the address is theirs. */
  emailVerifiedAt: Date | null;
  tier: Tier;
  role: UserRole;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  displayName: string;
  avatarUrl: string | null;
  preferences: Record<string, unknown>;
}

/** What others may know of a user. */
export type PublicUserRecord = Pick<UserRecord, 'id' | 'version' | 'displayName' | 'avatarUrl' | 'tier'>;

export interface Credentials {
  id: UserId;
  passwordHash: string;
}

/** How addresses are looked up and told apart; the same as `foldEmail`, whatever the database's locale. */
const foldedEmail = `lower(users.email collate "C")`;

const columns = `
  users.id,
  users.email,
  users.email_verified_at as "emailVerifiedAt",
  users.tier,
  users.role,
  users.version,
  users.created_at as "createdAt",
  greatest(users.updated_at, user_profiles.updated_at) as "updatedAt",
  user_profiles.display_name as "displayName",
  user_profiles.avatar_url as "avatarUrl",
  user_profiles.preferences_json as "preferences"`;

/** Writes a user and its profile, or nothing (false) where the email is taken, in whatever case. */
export async function insertUser(
  tx: Transaction,
  user: Pick<UserRecord, 'id' | 'email' | 'displayName'> & { passwordHash: string },
): Promise<boolean> {
  const inserted = await query<{ id: UserId }>(
    tx,
    `insert into users (id, email, password_hash)
     values ($1, $2, $3)
     on conflict do nothing
     returning id`,
    [user.id, user.email, user.passwordHash],
  );
  if (inserted.length === 0) return false;
  await query(tx, 'insert into user_profiles (user_id, display_name) values ($1, $2)', [
    user.id,
    user.displayName,
  ]);
  return true;
}

export async function findUser(source: Transaction | DataSource, id: UserId): Promise<UserRecord | null> {
  const rows = await query<UserRecord>(
    source,
    `select ${columns}
     from users
     join user_profiles on user_profiles.user_id = users.id
     where users.id = $1
       and users.deleted_at is null`,
    [id],
  );
  return rows[0] ?? null;
}

export async function findUsers(source: Transaction | DataSource, ids: UserId[]): Promise<UserRecord[]> {
  return query<UserRecord>(
    source,
    `select ${columns}
     from users
     join user_profiles on user_profiles.user_id = users.id
     where users.id = any($1::uuid[])
       and users.deleted_at is null`,
    [ids],
  );
}

/** In the order of their ids, after one of them or from the first. No more columns than are told: there are millions. */
export async function usersAfter(
  source: Transaction | DataSource,
  after: UserId | null,
  limit: number,
): Promise<PublicUserRecord[]> {
  // The page is cut before the join: merging both tables would begin at the first profile every time.
  return query<PublicUserRecord>(
    source,
    `select
       users.id,
       users.version,
       users.tier,
       user_profiles.display_name as "displayName",
       user_profiles.avatar_url as "avatarUrl"
     from (
       select id, version, tier
       from users
       where deleted_at is null
         and ($1::uuid is null or id > $1)
       order by id
       limit $2
     ) as users
     join user_profiles on user_profiles.user_id = users.id
     order by users.id`,
    [after, limit],
  );
}

export async function findUserByEmail(
  source: Transaction | DataSource,
  email: string,
): Promise<UserRecord | null> {
  const rows = await query<UserRecord>(
    source,
    `select ${columns}
     from users
     join user_profiles on user_profiles.user_id = users.id
     where ${foldedEmail} = $1
       and users.deleted_at is null`,
    [foldEmail(email)],
  );
  return rows[0] ?? null;
}

export async function findCredentials(
  source: Transaction | DataSource,
  email: string,
): Promise<Credentials | null> {
  const rows = await query<Credentials>(
    source,
    `select id, password_hash as "passwordHash"
     from users
     where ${foldedEmail} = $1
       and deleted_at is null`,
    [foldEmail(email)],
  );
  return rows[0] ?? null;
}

/** Replaces a hash by one of the same password; does nothing where the password has changed meanwhile. */
export async function replacePasswordHash(
  tx: Transaction,
  id: UserId,
  from: string,
  to: string,
): Promise<void> {
  await query(tx, 'update users set password_hash = $3 where id = $1 and password_hash = $2', [id, from, to]);
}

/** Locks the user until the transaction ends, so that its versions and events keep their order. */
export async function lockUser(tx: Transaction, id: UserId): Promise<number | null> {
  const rows = await query<{ version: number }>(
    tx,
    'select version from users where id = $1 and deleted_at is null for update',
    [id],
  );
  return rows[0]?.version ?? null;
}

/** Counts the version up; the caller holds the lock. */
export async function bumpVersion(tx: Transaction, id: UserId): Promise<void> {
  await query(tx, 'update users set version = version + 1 where id = $1', [id]);
}

export async function setRole(tx: Transaction, id: UserId, role: UserRole): Promise<void> {
  await query(tx, 'update users set role = $2, version = version + 1 where id = $1', [id, role]);
}

/** Writes a profile, or nothing (false) where all is as it was. In JSON the order of names is no difference. */
export async function saveProfile(
  tx: Transaction,
  user: Pick<UserRecord, 'id' | 'displayName' | 'avatarUrl' | 'preferences'>,
): Promise<boolean> {
  const saved = await query<{ user_id: UserId }>(
    tx,
    `update user_profiles
     set display_name = $2, avatar_url = $3, preferences_json = $4::jsonb
     where user_id = $1
       and (display_name, avatar_url, preferences_json) is distinct from ($2, $3, $4::jsonb)
     returning user_id`,
    [user.id, user.displayName, user.avatarUrl, JSON.stringify(user.preferences)],
  );
  return saved.length === 1;
}

export interface UserFilter {
  tier?: Tier | undefined;
  role?: UserRole | undefined;
}

/** Newest first: ids are UUIDv7 and sort by time. Fetches one row more than `limit` to show if more follow. */
export async function listUsers(
  source: Transaction | DataSource,
  filter: UserFilter,
  { after, limit }: PageRequest,
): Promise<UserRecord[]> {
  return query<UserRecord>(
    source,
    `select ${columns}
     from users
     join user_profiles on user_profiles.user_id = users.id
     where users.deleted_at is null
       and ($1::tier is null or users.tier = $1::tier)
       and ($2::user_role is null or users.role = $2::user_role)
       and ($3::uuid is null or users.id < $3::uuid)
     order by users.id desc
     limit $4`,
    [filter.tier ?? null, filter.role ?? null, after?.id ?? null, limit + 1],
  );
}

/** Everybody who is an administrator now: a handful. */
export async function administrators(source: Transaction | DataSource): Promise<UserId[]> {
  const rows = await query<{ id: UserId }>(
    source,
    `select id
     from users
     where role = 'admin'
       and deleted_at is null`,
  );
  return rows.map(({ id }) => id);
}

/** Holds all of them until the transaction ends, so that of two who remove the last two one sees that it is the last. */
export async function lockAdministrators(tx: Transaction): Promise<UserId[]> {
  const rows = await query<{ id: UserId }>(
    tx,
    `select id
     from users
     where role = 'admin'
       and deleted_at is null
     order by id
     for update`,
  );
  return rows.map(({ id }) => id);
}

export async function countUsers(source: Transaction | DataSource, filter: UserFilter): Promise<number> {
  const rows = await query<{ total: number }>(
    source,
    `select count(*)::integer as total
     from users
     where deleted_at is null
       and ($1::tier is null or tier = $1::tier)
       and ($2::user_role is null or role = $2::user_role)`,
    [filter.tier ?? null, filter.role ?? null],
  );
  return rows[0]?.total ?? 0;
}
