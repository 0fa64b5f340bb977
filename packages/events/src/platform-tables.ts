/**
 * The tables that every service has beside its own, as statements for its first migration. Names are
 * unqualified: they land in the schema that comes first in the migrating role's search_path.
 *
 * Frozen: services have landed migrations that run this text. A change is a new pair of functions
 * (`platformTablesV2Up`) and a new migration in each service, never an edit here.
 */
export function platformTablesUp(): string[] {
  return [
    `create function touch_platform_row() returns trigger
      language plpgsql
      as $$
      begin
        new.updated_at := clock_timestamp();
        return new;
      end
      $$`,
    ...outbox,
    `create table feed_readers (
      consumer text not null,
      transaction_id xid8,
      position bigint,
      seen_at timestamptz not null default now(),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint feed_readers_pkey primary key (consumer),
      constraint feed_readers_position_check check ((transaction_id is null) = (position is null))
    )`,
    `create table event_cursors (
      source text not null,
      cursor text,
      last_event_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint event_cursors_pkey primary key (source)
    )`,
    // "json", not "jsonb": it also holds what jsonb refuses (\u0000, lone surrogates), so that no event
    // can be too broken to be parked.
    `create table parked_events (
      source text not null,
      event_id text not null,
      ordinal bigint generated always as identity,
      position text not null,
      type text not null,
      subject text not null,
      reason text not null,
      error text not null,
      attempts integer not null,
      event json not null,
      parked_at timestamptz not null default now(),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint parked_events_pkey primary key (source, event_id),
      constraint parked_events_reason_check check (reason in ('failed', 'invalid', 'behind'))
    )`,
    `create index parked_events_source_subject_ordinal_idx
      on parked_events (source, subject, ordinal)`,
    // "json" keeps a stored answer as it was sent, the order of its members included.
    `create table idempotency_keys (
      caller text not null,
      key text not null,
      request_hash bytea not null,
      status integer,
      headers jsonb,
      response json,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      expires_at timestamptz not null default now() + interval '24 hours',
      constraint idempotency_keys_pkey primary key (caller, key),
      constraint idempotency_keys_key_check check (length(key) between 1 and 255),
      constraint idempotency_keys_status_check check (status between 100 and 599)
    )`,
    `create index idempotency_keys_expires_at_idx
      on idempotency_keys (expires_at)`,
    ...touched.map(
      (table) => `create trigger ${table}_touch
        before update on ${table}
        for each row
        execute function touch_platform_row()`,
    ),
  ];
}

/** Undoes {@link platformTablesUp}; what the tables held is lost. */
export function platformTablesDown(): string[] {
  return [
    'drop table idempotency_keys',
    'drop table parked_events',
    'drop table event_cursors',
    'drop table feed_readers',
    'drop table outbox',
    'drop function announce_outbox()',
    'drop function keep_aggregate_order()',
    'drop function touch_platform_row()',
  ];
}

const touched = ['feed_readers', 'event_cursors', 'parked_events', 'idempotency_keys'];

const outbox = [
  `create table outbox (
    transaction_id xid8 not null default pg_current_xact_id(),
    position bigint generated always as identity,
    id uuid not null,
    type text not null,
    aggregate text not null,
    subject text not null,
    aggregate_version integer not null,
    actor_id uuid,
    client_ip inet,
    request_id text,
    data jsonb not null,
    occurred_at timestamptz not null default clock_timestamp(),
    created_at timestamptz not null default now(),
    constraint outbox_pkey primary key (transaction_id, position),
    constraint outbox_id_key unique (id),
    constraint outbox_aggregate_version_check check (aggregate_version >= 0)
  )`,
  `create index outbox_subject_transaction_id_idx
    on outbox (subject, transaction_id)
    where aggregate_version > 0`,
  // The feed is ordered by transaction id, which a transaction gets at its first write, maybe long before
  // it locks the aggregate. One that began to write earlier than another which has already changed this
  // aggregate would be read before it: it has to start again and so get a later id.
  `create function keep_aggregate_order() returns trigger
    language plpgsql
    as $$
    begin
      if exists (
        select
        from outbox
        where subject = new.subject
          and transaction_id > new.transaction_id
          and aggregate_version > 0
          and aggregate = new.aggregate
      ) then
        raise exception 'a later transaction has already published a change of % %', new.aggregate, new.subject
          using errcode = 'serialization_failure', hint = 'Run the whole transaction again.';
      end if;
      return new;
    end
    $$`,
  `create trigger outbox_keep_aggregate_order
    before insert on outbox
    for each row
    when (new.aggregate_version > 0)
    execute function keep_aggregate_order()`,
  `create function announce_outbox() returns trigger
    language plpgsql
    as $$
    begin
      perform pg_notify('outbox', tg_table_schema);
      return null;
    end
    $$`,
  `create trigger outbox_announce
    after insert on outbox
    for each statement
    execute function announce_outbox()`,
  // History is not rewritten by those who run; they may delete, for retention.
  `do $$
    declare
      app text := current_schema() || '_app';
    begin
      if exists (select from pg_roles where rolname = app) then
        execute format('revoke update, truncate on outbox from %I', app);
      end if;
    end
    $$`,
];
