import type { CloudEvent, NotificationType, SessionId, UserId } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { administrators } from '../users/user.repository.ts';
import { insertNotifications } from './notification.repository.ts';

export interface Notice {
  type: NotificationType;
  /** Whom it concerns; those without an account are left out, and nobody hears of what they did themselves. */
  recipients: readonly UserId[];
  payload: Record<string, unknown>;
}

/** Notifies people of an event, each at most once however often the event is applied. */
export async function notifyOfEvent(tx: Transaction, event: CloudEvent, notice: Notice): Promise<void> {
  const recipients = [...new Set(notice.recipients)].filter((id) => id !== event.actorid);
  if (recipients.length === 0) return;
  await insertNotifications(tx, { ...notice, recipients, sourceEventId: event.id });
}

/** Notifies every administrator of what was found, whoever looked for it; each at most once for an event. */
export async function notifyAdmins(
  tx: Transaction,
  event: CloudEvent,
  type: NotificationType,
  payload: Record<string, unknown>,
): Promise<void> {
  const recipients = await administrators(tx);
  if (recipients.length === 0) return;
  await insertNotifications(tx, { type, recipients, payload, sourceEventId: event.id });
}

export type SecurityIncident = 'suspicious_login' | 'refresh_token_reused';

/** Tells a person that something happened to their own account. */
export async function notifyOfIncident(
  tx: Transaction,
  userId: UserId,
  incident: SecurityIncident,
  sessionId: SessionId,
): Promise<void> {
  await insertNotifications(tx, {
    recipients: [userId],
    type: 'security_event',
    payload: { incident, session_id: sessionId },
    sourceEventId: null,
  });
}
