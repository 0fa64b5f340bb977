import { ApiError } from '@hivesync/contracts';
import { constraintViolation } from '@hivesync/database';

const maximumDepth = 20;

const refusal = (message: string): ApiError =>
  new ApiError('VALIDATION_FAILED', { errors: [{ path: '/preferences_json', message }] });

/**
 * Refuses preferences that jsonb cannot hold: NUL, half a surrogate pair, or deeper than 20 levels.
 *
 * @throws ApiError VALIDATION_FAILED
 */
export function assertStorablePreferences(preferences: Record<string, unknown>): void {
  const complaint = complaintAbout(preferences, 1);
  if (complaint) throw refusal(complaint);
}

function complaintAbout(value: unknown, depth: number): string | null {
  if (typeof value === 'string') {
    return value.includes('\0') || !value.isWellFormed() ? 'holds a character that cannot be stored' : null;
  }
  if (typeof value !== 'object' || value === null) return null;
  if (depth > maximumDepth) return `is nested deeper than ${maximumDepth} levels`;
  for (const [key, child] of Object.entries(value)) {
    const complaint = complaintAbout(key, depth) ?? complaintAbout(child, depth + 1);
    if (complaint) return complaint;
  }
  return null;
}

/** The database measures the 16 KB, as it alone knows how it writes JSON: this gives its refusal a name. */
export function explainPreferencesRefusal(error: unknown): unknown {
  return constraintViolation(error)?.constraint === 'user_profiles_preferences_json_check'
    ? refusal('is larger than 16384 bytes of JSON')
    : error;
}
