import type { Tier } from './enums.ts';

/**
 * What each tier may use. These are the values that billing's first migration stores. An admin changes those in
 * billing's `tier_limits` table; who does not read them yet counts by these.
 * Bytes are bytes, hours are sliding windows, minutes are windows that begin with the first request, `gpu` is 0 or 1.
 * docs/features.md says which are enforced.
 */
export const defaultTierLimits = {
  previews_per_hour: { free: 5, pro: 20, premium: 250 },
  previews_concurrent: { free: 1, pro: 3, premium: 10 },
  snapshots_per_preview: { free: 5, pro: 20, premium: 100 },
  snapshot_max_bytes: { free: 262_144, pro: 1_048_576, premium: 5_242_880 },
  ai_docs_per_hour: { free: 5, pro: 30, premium: 200 },
  ai_doc_max_bytes: { free: 65_536, pro: 262_144, premium: 1_048_576 },
  attachment_max_bytes: { free: 5_242_880, pro: 26_214_400, premium: 104_857_600 },
  attachments_per_task: { free: 5, pro: 20, premium: 100 },
  projects_owned: { free: 3, pro: 50, premium: 500 },
  members_per_project: { free: 5, pro: 25, premium: 200 },
  tasks_per_project: { free: 1_000, pro: 20_000, premium: 200_000 },
  api_requests_per_minute: { free: 120, pro: 600, premium: 3_000 },
  searches_per_minute: { free: 30, pro: 120, premium: 600 },
  queue_priority: { free: 0, pro: 1, premium: 2 },
  gpu: { free: 0, pro: 0, premium: 1 },
} as const satisfies Record<string, Record<Tier, number>>;

export type LimitKey = keyof typeof defaultTierLimits;
export const limitKeys = Object.keys(defaultTierLimits) as LimitKey[];
