import type { ServiceName } from '@hivesync/contracts';
import { appRole, identifier, sql } from '@hivesync/database';

/**
 * Epochs of a service's feed (ADR 0023), as statements for one migration of the service whose schema is named. It needs
 * `platformTablesUp`. Frozen, as services have landed migrations that run it.
 *
 * What was written before them is epoch 0. Code that knows no epochs goes on writing and reading: the column has a default,
 * and the order that it reads in is the same within one epoch.
 */
export function feedEpochsUp(schema: ServiceName): string[] {
  const app = identifier(appRole(schema));
  return [
    `create table feed_epochs (
      epoch integer not null,
      tag text not null,
      began_at timestamptz not null default now(),
      constraint feed_epochs_pkey primary key (epoch),
      constraint feed_epochs_tag_key unique (tag),
      constraint feed_epochs_tag_check check (tag ~ '^[0-9a-f]{16}$')
    )`,
    `revoke update, delete, truncate on feed_epochs from ${app}`,
    `insert into feed_epochs (epoch, tag)
      values (0, left(encode(sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'hex'), 16))`,
    ...sql.comments(
      'feed_epochs',
      'The runs of the server in which events were written here. One run goes on from one state only, so that readers of a state that was lost are known.',
      {
        epoch: 'In the order of this history; 0 is what was before there were epochs.',
        tag: 'Tells the run from all others: of its start, the database and the table.',
        began_at: 'When its first event was written.',
      },
    ),
    `create function feed_epoch_tag() returns text
      language sql
      stable
      as $$
        select left(encode(sha256(convert_to(concat_ws(
          ' ',
          extract(epoch from pg_postmaster_start_time()),
          (select oid from pg_database where datname = current_database()),
          'outbox'::regclass::oid
        ), 'UTF8')), 'hex'), 16)
      $$`,
    `create function current_feed_epoch() returns integer
      language plpgsql
      as $$
      declare
        this constant text := feed_epoch_tag();
        found integer;
      begin
        select epoch into found from feed_epochs where tag = this;
        if found is null then
          insert into feed_epochs (epoch, tag)
          select max(epoch) + 1, this
          from feed_epochs
          on conflict do nothing;
          select epoch into found from feed_epochs where tag = this;
        end if;
        if found is null then
          raise exception 'another transaction has just begun this epoch'
            using errcode = 'serialization_failure', hint = 'Run the whole transaction again.';
        end if;
        return found;
      end
      $$`,
    ...['feed_epoch_tag()', 'current_feed_epoch()'].flatMap((name) => [
      `revoke all on function ${name} from public`,
      `grant execute on function ${name} to ${app}`,
    ]),
    'alter table outbox add column epoch integer not null default 0',
    'alter table outbox alter column epoch set default current_feed_epoch()',
    `create unique index outbox_epoch_transaction_id_position_key
      on outbox (epoch, transaction_id, position)`,
    `comment on column outbox.epoch is
      'The run of the server that wrote it, see feed_epochs. The order of the feed is by epoch, transaction and position.'`,
    keepAggregateOrder('and epoch = new.epoch'),
    'alter table feed_readers add column epoch integer not null default 0',
    `comment on column feed_readers.epoch is 'Epoch of the position that it has committed.'`,
    `alter table event_cursors
      add column epoch text,
      add column former text[] not null default '{}'`,
    `comment on column event_cursors.epoch is
      'Tag of the source’s epoch in which the cursor stands; null of a source that knows none.'`,
    `comment on column event_cursors.former is
      'Where the cursor left the epochs before, the latest first: where to go on if the source’s server loses this one.'`,
  ];
}

/** Undoes {@link feedEpochsUp}. */
export function feedEpochsDown(): string[] {
  return [
    'alter table event_cursors drop column epoch, drop column former',
    'alter table feed_readers drop column epoch',
    keepAggregateOrder(''),
    'alter table outbox drop column epoch',
    'drop function current_feed_epoch()',
    'drop function feed_epoch_tag()',
    'drop table feed_epochs',
  ];
}

/** As `platformTablesUp` makes it: only transaction ids of one run of the server can be compared. */
function keepAggregateOrder(sameEpoch: string): string {
  return `create or replace function keep_aggregate_order() returns trigger
    language plpgsql
    as $$
    begin
      if exists (
        select
        from outbox
        where subject = new.subject
          and transaction_id > new.transaction_id
          and aggregate_version > 0
          and aggregate = new.aggregate${sameEpoch && `\n          ${sameEpoch}`}
      ) then
        raise exception 'a later transaction has already published a change of % %', new.aggregate, new.subject
          using errcode = 'serialization_failure', hint = 'Run the whole transaction again.';
      end if;
      return new;
    end
    $$`;
}
