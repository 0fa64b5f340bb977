import type { MigrationInterface, QueryRunner } from 'typeorm';

const uuid = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';

/**
 * A failed login is nobody's deed, but it is about a person and holds an address: that one is forgotten with them too.
 * See ADR 0015.
 */
export class ForgetAddressesOfFailedLogins1764000300000 implements MigrationInterface {
  name = 'ForgetAddressesOfFailedLogins1764000300000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function person_of_fact(who uuid, about text) returns uuid
      language sql
      immutable
      as $$
        select coalesce(who, case when about ~ '${uuid}' then about::uuid end)
      $$`);
    await runner.query('revoke all on function person_of_fact(uuid, text) from public');
    await runner.query('grant execute on function person_of_fact(uuid, text) to audit_app');
    await runner.query(refuseChangeOfFact('audit.person_of_fact(old.user_id, old.entity_id)'));
    await runner.query(
      forgetUserAddresses(`(user_id = forgotten or (user_id is null and entity_id = forgotten::text))`),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(refuseChangeOfFact('old.user_id'));
    await runner.query(forgetUserAddresses('user_id = forgotten'));
    await runner.query('drop function person_of_fact(uuid, text)');
  }
}

/** `create or replace` keeps who may call it. */
const refuseChangeOfFact = (person: string): string => `
      create or replace function refuse_change_of_fact() returns trigger
      language plpgsql
      as $$
      declare
        unchanged record;
      begin
        if tg_op = 'UPDATE' and old.ip_address is not null and new.ip_address is null then
          unchanged := new;
          unchanged.ip_address := old.ip_address;
          if unchanged *= old and exists (
            select
            from audit.user_refs
            where id = ${person}
              and state = 'deleted'
          ) then
            return new;
          end if;
        end if;
        raise exception 'table "%" is append-only: % is refused to everyone', tg_table_name, lower(tg_op)
          using errcode = '42501';
      end
      $$`;

const forgetUserAddresses = (theirs: string): string => `
      create or replace function forget_user_addresses(forgotten uuid, at_most integer) returns integer
      language plpgsql
      security definer
      set search_path = audit, pg_catalog, pg_temp
      as $$
      declare
        changed integer;
      begin
        with found as (
          select id, created_at
          from audit_logs
          where ${theirs}
            and ip_address is not null
          order by created_at, id
          limit at_most
        )
        update audit_logs as log
        set ip_address = null
        from found
        where log.id = found.id
          and log.created_at = found.created_at;
        get diagnostics changed = row_count;
        return changed;
      end
      $$`;
