import { ApiError, type ErrorCode, errorCatalogue, type FieldError, isFieldPath } from '@hivesync/contracts';

/** Seconds after which a service that is restarted or overloaded is worth another try. */
const usualRetryAfter = 2;

/** The error for a service that gave no answer; `retryAfter` in seconds where it said one itself. */
export function unavailable(service: string, cause?: unknown, retryAfter = usualRetryAfter): ApiError {
  return new ApiError('UPSTREAM_UNAVAILABLE', {
    detail: `The ${service} service is not reachable.`,
    headers: { 'retry-after': String(retryAfter) },
    cause,
  });
}

/**
 * The error that an answer other than 2xx stands for. Where refusals are relayed, a catalogued 4xx keeps its code,
 * detail and field errors. Everything else (5xx, not a problem, an unknown code) is UPSTREAM_UNAVAILABLE, because
 * our own caller did nothing wrong and must not see another service's insides; so is a 401, which is about our token.
 */
export async function upstreamError(
  service: string,
  answer: Response,
  relaysRefusals = false,
): Promise<ApiError> {
  const problem = await problemOf(answer);
  const code = problem?.code;
  const cause = new Error(
    `${service} answered ${answer.status} ${typeof code === 'string' ? code : ''}`.trimEnd(),
  );
  if (!relaysRefusals || answer.status >= 500 || answer.status === 401 || !isErrorCode(code)) {
    const asked = Number(answer.headers.get('retry-after'));
    return unavailable(service, cause, Number.isInteger(asked) && asked > 0 ? asked : undefined);
  }
  const etag = answer.headers.get('etag');
  return new ApiError(code, {
    ...(typeof problem?.detail === 'string' && { detail: problem.detail }),
    ...(Array.isArray(problem?.errors) && { errors: problem.errors.filter(isFieldError) }),
    ...(etag && { headers: { etag } }),
    cause,
  });
}

async function problemOf(answer: Response): Promise<Record<string, unknown> | undefined> {
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) return undefined;
  try {
    const body: unknown = await answer.json();
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
  isRecord(value) &&
  typeof value.path === 'string' &&
  isFieldPath(value.path) &&
  typeof value.message === 'string';
