import type { CloudEvent } from '@hivesync/contracts';
import type { EventHandler, Subscriptions } from '../subscriptions.ts';
import { readEvent } from '../validation.ts';
import { describe } from './parking.ts';

/**
 * What this release makes of an event: it has handlers for it, or none; it does not fit its type; or it is of a type that
 * came with a later release, which may have handlers for it.
 */
export type Judgement =
  | { verdict: 'handle'; event: CloudEvent; handlers: readonly EventHandler[] }
  | { verdict: 'pass over' }
  | { verdict: 'invalid' | 'unknown'; error: string };

export function judge(source: string, subscriptions: Subscriptions, raw: unknown): Judgement {
  const read = readEvent(source, raw);
  const { type } = read.valid ? read.event : describe({ position: '', event: raw });
  const handlers = subscriptions.handlersOf(type);
  if (read.known && handlers.length === 0) return { verdict: 'pass over' };
  if (!read.valid) return { verdict: 'invalid', error: read.error };
  if (handlers.length > 0) return { verdict: 'handle', event: read.event, handlers };
  return { verdict: 'unknown', error: `This release does not know ${type}` };
}
