import { ApiError } from '@hivesync/contracts';

/** What went wrong, for the person at the keyboard. An address that refuses on IPv4 and on IPv6 is told once. */
export function oneLine(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return oneLine(error.errors[0]);
  const fields = error instanceof ApiError ? (error.errors ?? []) : [];
  const message = error instanceof Error ? error.message || error.name : String(error);
  return [message, ...fields.map((field) => `${field.path.replace(/^[a-z]+\//, '')} ${field.message}`)]
    .join('; ')
    .replaceAll(/\s*\n\s*/g, ' ');
}
