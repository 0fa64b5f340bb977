import type { ServiceName } from '@hivesync/contracts';
import { appRole, identifier, literal } from '@hivesync/database';

/** The person whose address an event carries: who did it, else whom it is about. */
const person = (row: string): string =>
  `coalesce(${row}actor_id::text, ${row}data ->> 'user_id', ${row}subject)`;

const uuid = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';

/**
 * What keeps addresses of deleted people out of a service's outbox, and takes them out (ADR 0015), as statements for
 * one migration of the service whose schema is named. It needs `platformTablesUp` and `reference_sweeps`.
 *
 * Deletions carried out before it are gone through once more. Frozen, as services have landed migrations that run it.
 */
export function forgettingUp(schema: ServiceName): string[] {
  const app = identifier(appRole(schema));
  const key = (subject: string): string =>
    `hashtextextended(${literal(`hivesync.person ${schema} `)} || ${subject}, 0)`;
  return [
    // In two statements, as the second sees what was committed while the first waited.
    `create function person_is_deleted(person uuid) returns boolean
      language plpgsql
      as $$
      begin
        perform pg_advisory_xact_lock_shared(${key('person')});
        return exists (
          select
          from reference_sweeps
          where aggregate = 'identity.user'
            and subject = person
        );
      end
      $$`,
    'revoke all on function person_is_deleted(uuid) from public',
    `grant execute on function person_is_deleted(uuid) to ${app}`,
    `create function await_writers_of_person() returns trigger
      language plpgsql
      as $$
      begin
        perform pg_advisory_xact_lock(${key('new.subject')});
        return new;
      end
      $$`,
    `create trigger reference_sweeps_await_writers
      before insert on reference_sweeps
      for each row
      when (new.aggregate = 'identity.user')
      execute function await_writers_of_person()`,
    `create function leave_out_address() returns trigger
      language plpgsql
      as $$
      declare
        person text := ${person('new.')};
      begin
        if person ~ '${uuid}' and person_is_deleted(person::uuid) then
          new.client_ip := null;
        end if;
        return new;
      end
      $$`,
    `create trigger outbox_leave_out_address
      before insert on outbox
      for each row
      when (new.client_ip is not null)
      execute function leave_out_address()`,
    `create index outbox_person_idx
      on outbox ((${person('')}))
      where client_ip is not null`,
    `create function forget_outbox_addresses(person uuid, at_most integer) returns integer
      language plpgsql
      security definer
      set search_path = ${identifier(schema)}, pg_catalog, pg_temp
      as $$
      declare
        changed integer;
      begin
        if not person_is_deleted(person) then
          return 0;
        end if;
        update outbox
        set client_ip = null
        where ctid = any(array(
          select ctid
          from outbox
          where ${person('')} = person::text
            and client_ip is not null
          limit at_most
        ));
        get diagnostics changed = row_count;
        return changed;
      end
      $$`,
    'revoke all on function forget_outbox_addresses(uuid, integer) from public',
    `grant execute on function forget_outbox_addresses(uuid, integer) to ${app}`,
    `comment on column outbox.client_ip is
      'Address that it was caused from; forgotten when the account of that person is deleted. Personal.'`,
    `update reference_sweeps
      set completed_at = null
      where aggregate = 'identity.user'
        and completed_at is not null`,
  ];
}

/** Undoes {@link forgettingUp}; what is forgotten stays so. */
export function forgettingDown(): string[] {
  return [
    `comment on column outbox.client_ip is 'Address that it was caused from. Personal.'`,
    'drop function forget_outbox_addresses(uuid, integer)',
    'drop index outbox_person_idx',
    'drop trigger outbox_leave_out_address on outbox',
    'drop function leave_out_address()',
    'drop trigger reference_sweeps_await_writers on reference_sweeps',
    'drop function await_writers_of_person()',
    'drop function person_is_deleted(uuid)',
  ];
}
