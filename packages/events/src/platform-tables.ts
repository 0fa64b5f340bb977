import { sql } from '@hivesync/database';

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
    ...tableComments,
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

const tableComments = [
  ...sql.comments(
    'outbox',
    'Events of this service, written with the change that they tell of. Others read it in order; rows go when retention and every reader have passed them.',
    {
      transaction_id:
        'First half of the position: the transaction that wrote it. Only what is older than every running transaction is read, so none is skipped.',
      position: 'Second half of the position: the order within the transaction.',
      id: 'Id of the event, by which a repeat is known.',
      type: 'Type of the event, as the catalogue of events has it.',
      aggregate: 'What kind of thing it is about.',
      subject: 'Id of the thing it is about.',
      aggregate_version: 'Version of that thing after the change; 0 where it has none.',
      actor_id: 'Who caused it; null for the platform and for strangers. Personal.',
      client_ip: 'Address that it was caused from. Personal.',
      request_id: 'The request that caused it.',
      data: 'The event’s data: never a secret.',
      occurred_at: 'When it happened.',
    },
  ),
  ...sql.comments(
    'feed_readers',
    'Who reads the outbox, and how far each has committed: what retention must not pass.',
    {
      consumer: 'The service that reads.',
      transaction_id: 'First half of the position that it has committed; null at the beginning.',
      position: 'Second half of that position.',
      seen_at: 'When it last asked.',
    },
  ),
  ...sql.comments(
    'event_cursors',
    'How far this service has applied the events of each other one. It moves in the transaction of the effects, so each event takes effect once.',
    {
      source: 'The service whose events are read.',
      cursor: 'Position of the last event applied or parked; null: from the beginning.',
      last_event_at: 'When that event happened.',
    },
  ),
  ...sql.comments(
    'parked_events',
    'Events that could not be applied, set aside so that the rest can go on. A command tries them again.',
    {
      source: 'The service whose event it is.',
      event_id: 'Id of the event.',
      ordinal: 'In the order in which they were parked, which is that of a retry.',
      position: 'Where it stands in the feed.',
      type: 'Type of the event.',
      subject: 'Id of the thing it is about; later events of it wait behind this one.',
      reason:
        'failed: its handler threw; invalid: it does not fit its type; behind: an earlier one of its subject is parked.',
      error: 'What went wrong at the last attempt.',
      attempts: 'Attempts to apply it so far.',
      event: 'The event as it was read; json, not jsonb, so that none is too broken to be parked.',
      parked_at: 'When it was set aside.',
    },
  ),
  ...sql.comments(
    'idempotency_keys',
    'Answers to requests with an Idempotency-Key, stored with their effect, so that a repeat gets the same answer and has no second effect.',
    {
      caller: 'Whose key it is: a person, or a keyed hash of a stranger’s address.',
      key: 'The key, as the caller chose it.',
      request_hash: 'Keyed hash of the request: the key cannot be used again for another one.',
      status: 'HTTP status of the answer.',
      headers: 'Headers of the answer that are given again.',
      response: 'Body of the answer, as it was sent.',
      expires_at: 'When the answer is forgotten.',
    },
  ),
];

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
