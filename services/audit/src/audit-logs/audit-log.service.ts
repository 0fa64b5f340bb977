import type { CloudEvent, UserId } from '@hivesync/contracts';
import type { AuditFact } from './audit-log.repository.ts';

/** What an event says as a fact of the log. */
export function factOf(event: CloudEvent): AuditFact {
  const [service = '', noun = ''] = event.type.split('.');
  return {
    id: event.id,
    createdAt: event.time,
    userId: event.actorid ?? personOfSession(event) ?? null,
    eventType: event.type,
    entityType: noun,
    entityId: event.subject,
    data: withoutNames(event, withoutSecrets(event.data)),
    ipAddress: event.clientip ?? null,
    sourceService: service,
    requestId: event.requestid ?? null,
  };
}

/** Who logs in is not yet a caller: there is no actor, but it is known whose session it is. */
function personOfSession({ type, data }: CloudEvent): UserId | undefined {
  if (!type.startsWith('identity.session.') || typeof data !== 'object' || data === null) return undefined;
  return 'user_id' in data && typeof data.user_id === 'string' ? (data.user_id as UserId) : undefined;
}

/** Beside whose id it is, the log keeps nothing that tells who somebody is: it could not be taken back. */
const personal = new Set(['display_name', 'avatar_url', 'email']);

function withoutNames({ type }: CloudEvent, data: unknown): unknown {
  if (!type.startsWith('identity.user.') || typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).filter(([name]) => !personal.has(name)));
}

const secretName = /(password|passphrase|secret|token|authorization|cookie|api_?key|private_?key|hash)$/i;

/**
 * Events hold no secrets, and their schemas see to it; but the log keeps what it is given for ever, also from
 * releases it does not know. So a field whose name says secret keeps its name and loses its value.
 */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      secretName.test(name) ? '[redacted]' : withoutSecrets(inner),
    ]),
  );
}
