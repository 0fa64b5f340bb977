import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The one change that the log allows: the addresses of a deleted user are forgotten. See ADR 0010. */
export class ForgetUserAddresses1763900001000 implements MigrationInterface {
  name = 'ForgetUserAddresses1763900001000';

  async up(runner: QueryRunner): Promise<void> {
    // *= compares bit by bit: equal in value is not enough where nothing else may change.
    await runner.query(`
      create function refuse_change_of_fact() returns trigger
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
            where id = old.user_id
              and state = 'deleted'
          ) then
            return new;
          end if;
        end if;
        raise exception 'table "%" is append-only: % is refused to everyone', tg_table_name, lower(tg_op)
          using errcode = '42501';
      end
      $$`);
    await runner.query(`drop trigger audit_logs_refuse_change on audit_logs`);
    await runner.query(`
      create trigger audit_logs_refuse_change
      before update or delete on audit_logs
      for each row
      execute function refuse_change_of_fact()`);
    await runner.query(`
      create function forget_user_addresses(forgotten uuid, at_most integer) returns integer
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
          where user_id = forgotten
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
      $$`);
    await runner.query(`revoke all on function forget_user_addresses(uuid, integer) from public`);
    await runner.query(`grant execute on function forget_user_addresses(uuid, integer) to audit_app`);
    await runner.query(`
      comment on column audit_logs.ip_address is
      'Where it was done from; forgotten when the account of who did it is deleted, and no part of any seal.'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`comment on column audit_logs.ip_address is null`);
    await runner.query(`drop function forget_user_addresses(uuid, integer)`);
    await runner.query(`drop trigger audit_logs_refuse_change on audit_logs`);
    await runner.query(`
      create trigger audit_logs_refuse_change
      before update or delete on audit_logs
      for each row
      execute function refuse_change()`);
    await runner.query(`drop function refuse_change_of_fact()`);
  }
}
