import { ApiError, type FieldError, type FieldPath } from '@hivesync/contracts';
import { constraintViolation, isDatabaseUnavailable, isRetriable, sqlState } from '@hivesync/database';
import { fieldErrors } from './field-errors.ts';

const unavailable = { 'retry-after': '2' };

/** What Fastify itself refuses, by its code. */
const fastifyErrors: Record<string, (bodyLimit: number | undefined) => ApiError> = {
  FST_ERR_CTP_INVALID_JSON_BODY: () => new ApiError('MALFORMED_JSON'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new ApiError('MALFORMED_JSON', { detail: 'The body is empty.' }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new ApiError('VALIDATION_FAILED', { detail: 'Content-Length does not match the body.' }),
  FST_ERR_CTP_BODY_TOO_LARGE: (limit) =>
    new ApiError('BODY_TOO_LARGE', {
      ...(limit !== undefined && { detail: `A body has at most ${limit} bytes here.` }),
    }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new ApiError('UNSUPPORTED_MEDIA_TYPE'),
  FST_ERR_CTP_INVALID_TYPE: () => new ApiError('UNSUPPORTED_MEDIA_TYPE'),
  FST_ERR_CTP_EMPTY_TYPE: () => new ApiError('UNSUPPORTED_MEDIA_TYPE'),
  FST_ERR_BAD_URL: () => malformedUrl(),
  FST_ERR_MAX_PARAM_LENGTH: () => malformedUrl('A part of the path is too long.'),
  FST_ERR_ASYNC_CONSTRAINT: () => malformedUrl(),
  FST_ERR_NOT_FOUND: () => new ApiError('ROUTE_NOT_FOUND'),
};

/** SQLSTATEs of values that passed the schema but that PostgreSQL cannot hold (a date in the year 0), or a check refuses. */
const unstorable = new Set(['22003', '22007', '22008', '22009', '22021', '22P02', '22P05', '23514']);
/** Too slow this time: lock_not_available, query_canceled by statement_timeout. */
const timeouts = new Set(['55P03', '57014']);

export function malformedUrl(detail = 'The URL is not well-formed.'): ApiError {
  return new ApiError('VALIDATION_FAILED', { detail });
}

/**
 * The answer that any error stands for. What is not known to be the caller's doing, or the database's absence,
 * is INTERNAL, and reveals nothing.
 * @param bodyLimit bytes that the route's body may have, to be told where one has more
 */
export function toApiError(error: unknown, bodyLimit?: number): ApiError {
  if (error instanceof ApiError) return error;
  if (!(error instanceof Error)) return new ApiError('INTERNAL', { cause: error });
  const { validation, validationContext } = error as ValidationFailure;
  if (validation) {
    return new ApiError('VALIDATION_FAILED', { errors: fieldErrors(validation, validationContext) });
  }
  const known = 'code' in error && typeof error.code === 'string' ? fastifyErrors[error.code] : undefined;
  if (known) return known(bodyLimit);
  return databaseError(error) ?? plainStatus(error) ?? new ApiError('INTERNAL', { cause: error });
}

interface ValidationFailure extends Error {
  validation?: unknown[];
  validationContext?: string;
}

function databaseError(error: Error): ApiError | undefined {
  const state = sqlState(error);
  if (isDatabaseUnavailable(error) || isRetriable(error) || (state && timeouts.has(state))) {
    return new ApiError('DATABASE_UNAVAILABLE', { headers: unavailable, cause: error });
  }
  if (!state || !('driverError' in error)) return undefined;
  const violation = constraintViolation(error);
  // Only the trigger `require_live_reference` names the column: the aggregate was deleted, maybe just now.
  if (violation?.code === '23503' && violation.column)
    return unknownReference([`body/${violation.column}`], error);
  if (violation?.code === '23503' || violation?.code === '23505') {
    return new ApiError('CONFLICT', {
      detail: 'Another request changed what this one relies on.',
      cause: error,
    });
  }
  if (unstorable.has(state)) {
    return new ApiError('VALIDATION_FAILED', {
      detail: 'A value is beyond what can be stored.',
      cause: error,
    });
  }
  return undefined;
}

/** The 422 for ids that no aggregate has (any more), with the field of each. */
export function unknownReference(paths: readonly FieldPath[], cause?: unknown): ApiError {
  const errors = paths.map((path): FieldError => ({ path, message: 'names a resource that does not exist' }));
  return new ApiError('UNKNOWN_REFERENCE', { errors, cause });
}

/** Errors of Node's HTTP layer and of plugins that carry a 4xx status say that the request was at fault. */
function plainStatus(error: Error): ApiError | undefined {
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return new ApiError('BODY_TOO_LARGE', { cause: error });
  if (status === 415) return new ApiError('UNSUPPORTED_MEDIA_TYPE', { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ApiError('VALIDATION_FAILED', { detail: 'The request is not well-formed.', cause: error });
  }
  return undefined;
}
