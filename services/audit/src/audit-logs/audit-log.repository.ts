import type { UserId } from '@hivesync/contracts';
import { type DataSource, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import type { AuditLog, AuditLogFilter } from './audit-log.schemas.ts';

export interface AuditFact {
  id: string;
  /** RFC 3339 */
  createdAt: string;
  userId: UserId | null;
  eventType: string;
  entityType: string;
  entityId: string;
  data: unknown;
  ipAddress: string | null;
  sourceService: string;
  requestId: string | null;
}

/**
 * Appends one fact; one that is already there, told again on a replay, is left as it is. Its user may not
 * have been met yet, as identity's events come by another feed, and its month may lie in the past. Told after the
 * deletion of who did it, or of whom it is about where that is nobody, it has no address: the lock makes a deletion
 * that is under way wait, or be seen.
 */
export async function appendFact(tx: Transaction, fact: AuditFact): Promise<void> {
  await makeRoom(tx, fact);
  await query(
    tx,
    `with person as (
       select state
       from user_refs
       where id = person_of_fact($3::uuid, $6::text)
       for share
     )
     insert into audit_logs (
       id, created_at, user_id, event_type, entity_type, entity_id,
       data_json, ip_address, source_service, request_id
     )
     values (
       $1, $2, $3::uuid, $4, $5, $6, $7,
       case when (select state from person) is distinct from 'deleted' then $8::inet end,
       $9, $10
     )
     on conflict (id, created_at) do nothing`,
    [
      fact.id,
      fact.createdAt,
      fact.userId,
      fact.eventType,
      fact.entityType,
      fact.entityId,
      JSON.stringify(fact.data),
      fact.ipAddress,
      fact.sourceService,
      fact.requestId,
    ],
  );
}

/**
 * Meets the user of a fact and sees to the partition of its month, in one statement. Which partition that is is known
 * by its name, so the walk over all of them is made once a month and not for each event.
 */
async function makeRoom(tx: Transaction, { userId, createdAt }: AuditFact): Promise<void> {
  await query(
    tx,
    `with met as (
       insert into user_refs (id)
       select $1::uuid
       where $1::uuid is not null
       on conflict (id) do nothing
     )
     select ensure_audit_partitions($2::timestamptz)
     where to_regclass(
       'audit_logs' || to_char(date_trunc('month', $2::timestamptz at time zone 'UTC'), '"_p"YYYYMMDD')
     ) is null`,
    [userId, createdAt],
  );
}

/** Makes the partition for a moment and those ahead of it, guarded against TRUNCATE. Cheap when all are there. */
export async function ensureAuditPartitions(
  source: DataSource | Transaction,
  moment: Date | string,
): Promise<void> {
  await query(source, `select ensure_audit_partitions($1)`, [moment]);
}

const conditions: Record<keyof AuditLogFilter, string> = {
  user_id: 'log.user_id =',
  event_type: 'log.event_type =',
  entity_type: 'log.entity_type =',
  entity_id: 'log.entity_id =',
  ip: 'log.ip_address =',
  from: 'log.created_at >=',
  to: 'log.created_at <',
};

function whereClause(filter: AuditLogFilter): { clauses: string[]; values: unknown[] } {
  const clauses: string[] = [];
  const values: unknown[] = [];
  for (const [name, condition] of Object.entries(conditions) as [keyof AuditLogFilter, string][]) {
    if (filter[name] === undefined) continue;
    values.push(filter[name]);
    clauses.push(`${condition} $${values.length}`);
  }
  return { clauses, values };
}

/** The newest facts that match, names of their users joined; `limit` + 1 of them, to tell whether more follow. */
export function listFacts(
  source: DataSource | Transaction,
  filter: AuditLogFilter,
  { after, limit }: PageRequest,
): Promise<Paged<AuditLog>[]> {
  const { clauses, values } = whereClause(filter);
  if (after) {
    values.push(after.sort, after.id);
    clauses.push(`(log.created_at, log.id) < ($${values.length - 1}, $${values.length})`);
  }
  values.push(limit + 1);
  return query<Paged<AuditLog>>(
    source,
    `select log.id,
            log.user_id,
            person.display_name as user_name,
            log.event_type,
            log.entity_type,
            log.entity_id,
            log.data_json,
            host(log.ip_address) as ip_address,
            log.source_service,
            log.request_id,
            log.created_at,
            log.created_at::text as sort_key
     from audit_logs as log
     left join user_refs as person on person.id = log.user_id
     ${clauses.length > 0 ? `where ${clauses.join('\n       and ')}` : ''}
     order by log.created_at desc, log.id desc
     limit $${values.length}`,
    values,
  );
}

/** How many facts match. Reads them all: asked for only with `include_total`. */
export async function countFacts(source: DataSource | Transaction, filter: AuditLogFilter): Promise<number> {
  const { clauses, values } = whereClause(filter);
  const [row] = await query<{ total: number }>(
    source,
    `select count(*)::integer as total
     from audit_logs as log
     ${clauses.length > 0 ? `where ${clauses.join('\n       and ')}` : ''}`,
    values,
  );
  return row!.total;
}
