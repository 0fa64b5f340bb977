import type { DeviceSessionId, SessionId, UserId, UserRole } from '@hivesync/contracts';
import { type DataSource, newId, query, type Transaction } from '@hivesync/database';
import type { PageRequest } from '@hivesync/http';
import type { Device } from './devices.ts';
import type { SessionLifetime } from './refresh-token.repository.ts';
import type { SessionEndReason } from './session.entity.ts';

export interface SessionRecord {
  id: SessionId;
  deviceName: string | null;
  platform: string | null;
  ipAddress: string | null;
  userAgent: string | null;
  suspicious: boolean;
  createdAt: Date;
  lastSeen: Date;
}

/** It goes on as long as it can be refreshed. The hourly job records the end of those that cannot. */
const live = `sessions.ended_at is null
       and exists (
         select
         from refresh_tokens as token
         where token.session_id = sessions.id
           and token.expires_at > now()
       )`;

/** Remembers that the device was seen; `unseen` where it was not known before. */
export async function meetDevice(
  tx: Transaction,
  userId: UserId,
  device: Device,
): Promise<{ id: DeviceSessionId; unseen: boolean }> {
  const offered = newId<DeviceSessionId>();
  const rows = await query<{ id: DeviceSessionId }>(
    tx,
    `insert into device_sessions (id, user_id, device_name, platform)
     values ($1, $2, $3, $4)
     on conflict (user_id, device_name, platform) do update
     set last_seen = now()
     returning id`,
    [offered, userId, device.name, device.platform],
  );
  const id = rows[0]?.id ?? offered;
  return { id, unseen: id === offered };
}

/** Whether the person has logged in before, and whether from this network (/24 of IPv4, /48 of IPv6). */
export async function priorLogins(
  tx: Transaction,
  userId: UserId,
  address: string | null,
): Promise<{ any: boolean; fromNetwork: boolean }> {
  const rows = await query<{ any: boolean; fromNetwork: boolean }>(
    tx,
    `select
       exists (
         select
         from sessions
         where user_id = $1
       ) as "any",
       exists (
         select
         from sessions
         where user_id = $1
           and ip_address <<= network(set_masklen($2::inet, case family($2::inet) when 4 then 24 else 48 end))
       ) as "fromNetwork"`,
    [userId, address],
  );
  return rows[0] ?? { any: false, fromNetwork: false };
}

export async function insertSession(
  tx: Transaction,
  session: {
    id: SessionId;
    userId: UserId;
    deviceSessionId: DeviceSessionId;
    ipAddress: string | null;
    userAgent: string | null;
    suspicious: boolean;
  },
): Promise<void> {
  await query(
    tx,
    `insert into sessions (id, user_id, device_session_id, ip_address, user_agent, suspicious)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      session.id,
      session.userId,
      session.deviceSessionId,
      session.ipAddress,
      session.userAgent,
      session.suspicious,
    ],
  );
}

/** Whether it is a live session of that person. */
export async function isLiveSession(tx: Transaction, userId: UserId, id: SessionId): Promise<boolean> {
  const rows = await query(
    tx,
    `select
     from sessions
     where id = $1
       and user_id = $2
       and ${live}`,
    [id, userId],
  );
  return rows.length > 0;
}

/** Whose session it is and what they may do now; null where it has ended or its person is gone. */
export async function findLiveSession(
  dataSource: DataSource,
  id: SessionId,
): Promise<{ user_id: UserId; role: UserRole } | null> {
  const [session] = await query<{ user_id: UserId; role: UserRole }>(
    dataSource,
    `select sessions.user_id, users.role
     from sessions
     join users on users.id = sessions.user_id
     where sessions.id = $1
       and users.deleted_at is null
       and ${live}`,
    [id],
  );
  return session ?? null;
}

/** Moves `last_seen` of the session and its device. */
export async function touchSession(tx: Transaction, id: SessionId): Promise<void> {
  await query(
    tx,
    `with touched as (
       update sessions
       set last_seen = now()
       where id = $1
       returning device_session_id
     )
     update device_sessions
     set last_seen = now()
     from touched
     where device_sessions.id = touched.device_session_id`,
    [id],
  );
}

/** The live sessions of a person, newest first; one row more than `limit`, to show if more follow. */
export async function listSessions(
  source: DataSource,
  userId: UserId,
  { after, limit }: PageRequest,
): Promise<SessionRecord[]> {
  return query<SessionRecord>(
    source,
    `select
       sessions.id,
       device_sessions.device_name as "deviceName",
       device_sessions.platform,
       host(sessions.ip_address) as "ipAddress",
       sessions.user_agent as "userAgent",
       sessions.suspicious,
       sessions.created_at as "createdAt",
       sessions.last_seen as "lastSeen"
     from sessions
     left join device_sessions on device_sessions.id = sessions.device_session_id
     where sessions.user_id = $1
       and ${live}
       and ($2::uuid is null or sessions.id < $2::uuid)
     order by sessions.id desc
     limit $3`,
    [userId, after?.id ?? null, limit + 1],
  );
}

export async function countSessions(source: DataSource, userId: UserId): Promise<number> {
  const rows = await query<{ total: number }>(
    source,
    `select count(*)::integer as total
     from sessions
     where user_id = $1
       and ${live}`,
    [userId],
  );
  return rows[0]?.total ?? 0;
}

/** Which of a person's sessions to end. */
export type SessionChoice = { only: SessionId } | { allBut: SessionId } | 'all';

/** Ends sessions of the person that have not ended and forgets their refresh tokens; answers which it ended. */
export async function endSessions(
  tx: Transaction,
  userId: UserId,
  choice: SessionChoice,
  reason: SessionEndReason,
): Promise<SessionId[]> {
  const only = choice !== 'all' && 'only' in choice ? choice.only : null;
  const allBut = choice !== 'all' && 'allBut' in choice ? choice.allBut : null;
  const rows = await query<{ id: SessionId }>(
    tx,
    `update sessions
     set ended_at = now(), end_reason = $4
     where user_id = $1
       and ended_at is null
       and ($2::uuid is null or id = $2::uuid)
       and ($3::uuid is null or id <> $3::uuid)
     returning id`,
    [userId, only, allBut, reason],
  );
  const ended = rows.map((row) => row.id);
  if (ended.length > 0) {
    await query(tx, 'delete from refresh_tokens where session_id = any($1::uuid[])', [ended]);
  }
  return ended;
}

/**
 * Ends at most `limit` sessions that cannot be refreshed any more; answers which, and whose. A refresh under way holds
 * its session, which is passed over, and moves `last_seen`, which is looked at again once the row is locked.
 *
 * A session that has become too old is ended whatever its tokens say.
 */
export async function endExpiredSessions(
  tx: Transaction,
  { unusedDays, totalDays }: SessionLifetime,
  limit: number,
): Promise<{ id: SessionId; userId: UserId }[]> {
  return query<{ id: SessionId; userId: UserId }>(
    tx,
    `update sessions
     set ended_at = now(), end_reason = 'expired'
     where id in (
       select id
       from sessions
       where ended_at is null
         and (
           created_at < now() - make_interval(days => $2)
           or last_seen < now() - make_interval(days => $1)
             and not exists (
               select
               from refresh_tokens as token
               where token.session_id = sessions.id
                 and token.expires_at > now()
             )
         )
       order by last_seen
       limit $3
       for update of sessions skip locked
     )
     returning id, user_id as "userId"`,
    [unusedDays, totalDays, limit],
  );
}
