import { ApiError, type ErrorCode, errorCatalogue, type FieldError } from '@hivesync/contracts';

/** The error for an upstream that gave no answer; `retryAfter` in seconds. */
export function unavailable(service: string, retryAfter: number, cause: unknown): ApiError {
  return new ApiError('UPSTREAM_UNAVAILABLE', {
    detail: `The ${service} service is not reachable.`,
    headers: { 'retry-after': String(retryAfter) },
    cause,
  });
}

/**
 * The error that an upstream's problem document stands for: its code, detail and field errors where the answer
 * is a catalogued 4xx. Everything else (5xx, not a problem, an unknown code) is UPSTREAM_UNAVAILABLE, because
 * our own caller did nothing wrong and must not see another service's insides.
 */
export async function upstreamError(service: string, answer: Response): Promise<ApiError> {
  const problem = await problemOf(answer);
  const code = problem?.code;
  if (answer.status >= 500 || !isErrorCode(code)) {
    const retryAfter = Number(answer.headers.get('retry-after'));
    return unavailable(
      service,
      Number.isInteger(retryAfter) && retryAfter > 0 ? retryAfter : 1,
      `answered ${answer.status} ${typeof code === 'string' ? code : ''}`.trim(),
    );
  }
  const etag = answer.headers.get('etag');
  return new ApiError(code, {
    ...(typeof problem?.detail === 'string' && { detail: problem.detail }),
    ...(Array.isArray(problem?.errors) && { errors: problem.errors.filter(isFieldError) }),
    ...(etag && { headers: { etag } }),
    cause: `${service} answered ${answer.status}`,
  });
}

async function problemOf(answer: Response): Promise<Record<string, unknown> | undefined> {
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) return undefined;
  try {
    const body: unknown = await answer.clone().json();
    return isRecord(body) ? body : undefined;
  } catch {
    // A cut-off document says no more than its status does.
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(errorCatalogue, value);

const isFieldError = (value: unknown): value is FieldError =>
  isRecord(value) && typeof value.path === 'string' && typeof value.message === 'string';
