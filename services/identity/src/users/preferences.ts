import { ApiError } from '@hivesync/contracts';
import { constraintViolation } from '@hivesync/database';

/** The database measures the 16 KB, as it alone knows how it writes JSON: this gives its refusal a name. */
export function explainPreferencesRefusal(error: unknown): unknown {
  if (constraintViolation(error)?.constraint !== 'user_profiles_preferences_json_check') return error;
  return new ApiError('VALIDATION_FAILED', {
    errors: [{ path: 'body/preferences_json', message: 'is larger than 16384 bytes of JSON' }],
    cause: error,
  });
}
