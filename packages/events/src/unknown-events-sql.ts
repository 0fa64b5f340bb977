/**
 * Lets events be kept whose type a release does not know yet, as statements for one migration. It needs
 * `platformTablesUp`. Frozen, as services have landed migrations that run it.
 */
export function unknownEventsUp(): string[] {
  return [
    ...reasons("'failed', 'invalid', 'behind', 'unknown'"),
    `comment on column parked_events.reason is
      'failed: its handler threw; invalid: it does not fit its type; unknown: this release does not know its type; behind: an earlier one of its subject is parked.'`,
  ];
}

/** Undoes {@link unknownEventsUp}; what is kept stays, as events that do not fit. */
export function unknownEventsDown(): string[] {
  return [
    `update parked_events set reason = 'invalid' where reason = 'unknown'`,
    ...reasons("'failed', 'invalid', 'behind'"),
    `comment on column parked_events.reason is
      'failed: its handler threw; invalid: it does not fit its type; behind: an earlier one of its subject is parked.'`,
  ];
}

const reasons = (names: string): string[] => [
  'alter table parked_events drop constraint parked_events_reason_check',
  `alter table parked_events add constraint parked_events_reason_check check (reason in (${names}))`,
];
