import { comments } from './comments.ts';
import { touchUpdatedAt } from './updated-at.ts';

/**
 * `reference_sweeps`: which deletions this service has been told of and how far each is carried out, as statements
 * for one migration. It needs `updatedAtFunction`.
 */
export function referenceSweepsUp(): string[] {
  return [
    `create table reference_sweeps (
  aggregate text not null,
  subject uuid not null,
  version integer not null,
  requested_at timestamptz not null default now(),
  completed_at timestamptz,
  removed jsonb not null default '{}',
  batches integer not null default 0,
  longest_lock_ms integer not null default 0,
  failures integer not null default 0,
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint reference_sweeps_pkey primary key (aggregate, subject),
  constraint reference_sweeps_removed_check check (jsonb_typeof(removed) = 'object')
)`,
    `create index reference_sweeps_waiting_idx
on reference_sweeps (updated_at)
where completed_at is null`,
    touchUpdatedAt('reference_sweeps'),
    ...comments(
      'reference_sweeps',
      'Deletions to be carried out here, in batches after the event that told of them: one row for each deleted aggregate, which stays as the record of what went.',
      {
        aggregate: 'What kind of thing was deleted.',
        subject: 'Id of the thing that was deleted.',
        version: 'Version of its deletion.',
        requested_at: 'When this service heard of the deletion: the tombstone is as old.',
        completed_at: 'When nothing was left to do; null: under way.',
        removed: 'Rows removed or cleared so far, by table.column.',
        batches: 'Batches that did something.',
        longest_lock_ms:
          'Milliseconds that the slowest batch took from its begin until it was ready to commit: no lock was held for longer.',
        failures:
          'Attempts that failed since the last that did not; a failing sweep waits ever longer, up to 64 s.',
        last_error: 'What the last attempt failed with.',
      },
    ),
  ];
}

/** Undoes {@link referenceSweepsUp}; deletions under way are forgotten. */
export function referenceSweepsDown(): string[] {
  return ['drop table reference_sweeps'];
}
