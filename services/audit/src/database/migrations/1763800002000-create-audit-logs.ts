import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAuditLogs1763800002000 implements MigrationInterface {
  name = 'CreateAuditLogs1763800002000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of sql.partitionFunctions('audit')) await runner.query(statement);
    await runner.query(`
      create function refuse_change() returns trigger
      language plpgsql
      as $$
      begin
        raise exception 'table "%" is append-only: % is refused to everyone', tg_table_name, lower(tg_op)
          using errcode = '42501';
      end
      $$`);
    await runner.query(`
      create table audit_logs (
        id uuid not null,
        user_id uuid,
        event_type text not null,
        entity_type text not null,
        entity_id text not null,
        data_json jsonb not null,
        ip_address inet,
        created_at timestamptz not null,
        source_service text not null,
        request_id text,
        recorded_at timestamptz not null default now(),
        constraint audit_logs_pkey primary key (id, created_at),
        constraint audit_logs_user_id_fkey foreign key (user_id) references user_refs (id)
      ) partition by range (created_at)`);
    for (const column of ['user_id', 'event_type', 'entity_type', 'entity_id', 'ip_address']) {
      await runner.query(`
        create index audit_logs_${column}_created_at_id_idx
        on audit_logs (${column}, created_at, id)`);
    }
    await runner.query(`
      create index audit_logs_created_at_id_idx
      on audit_logs (created_at, id)`);
    await runner.query(`
      create trigger audit_logs_refuse_change
      before update or delete on audit_logs
      for each row
      execute function refuse_change()`);
    await runner.query(`
      create trigger audit_logs_refuse_truncate
      before truncate on audit_logs
      for each statement
      execute function refuse_change()`);
    await runner.query(`revoke update, delete, truncate on audit_logs from audit_app`);

    // PostgreSQL hands row triggers down to partitions, but not triggers on TRUNCATE: without this, the owner
    // could empty a month by naming its partition.
    await runner.query(`
      create function ensure_audit_partitions(moment timestamptz) returns void
      language plpgsql
      security definer
      set search_path = audit, pg_catalog, pg_temp
      as $$
      declare
        unguarded regclass;
      begin
        perform ensure_partitions('audit_logs', moment);
        for unguarded in
          select child.inhrelid
          from pg_inherits as child
          where child.inhparent = 'audit_logs'::regclass
            and not exists (
              select
              from pg_trigger as guard
              where guard.tgrelid = child.inhrelid
                and guard.tgname = 'audit_logs_refuse_truncate'
            )
        loop
          execute format(
            'create trigger audit_logs_refuse_truncate
             before truncate on %s
             for each statement
             execute function refuse_change()',
            unguarded
          );
        end loop;
      end
      $$`);
    await runner.query(`revoke all on function ensure_audit_partitions(timestamptz) from public`);
    await runner.query(`grant execute on function ensure_audit_partitions(timestamptz) to audit_app`);
    await runner.query(sql.partitionPolicy({ table: 'audit_logs', step: 'month', ahead: 3 }));
    await runner.query(`select ensure_audit_partitions(now())`);
    for (const comment of sql.comments(
      'audit_logs',
      'Who did what to what, from where and when. Append-only, for the owner too; one partition a month.',
      {
        id: 'Id of the event that told the fact: it cannot be recorded twice.',
        user_id:
          'Who did it; null for the platform and for strangers. May point at a deleted user: what they did stays a fact.',
        entity_id: 'Of whatever kind entity_type says; facts outlive what they are about.',
        data_json: 'The event’s data: never a secret, never a body of text.',
        created_at: 'When it happened, as the event says; the partition key.',
        source_service: 'The service that it happened in.',
        request_id: 'The request that did it, to find it in the logs of every service.',
        recorded_at: 'When this log learned of it, which may be later than created_at.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function ensure_audit_partitions(timestamptz)`);
    await runner.query(`drop table audit_logs`);
    await runner.query(`drop function refuse_change()`);
    for (const statement of sql.dropPartitionFunctions()) await runner.query(statement);
  }
}
