/**
 * Every error code of the platform with its HTTP status and title. Codes are stable: clients branch
 * on them. `type` of a problem document is `https://hivesync.dev/problems/<code in kebab case>`.
 */
export const errorCatalogue = {
  VALIDATION_FAILED: [400, 'The request does not fit the schema of this operation'],
  MALFORMED_JSON: [400, 'The body is not well-formed JSON'],
  MALFORMED_CURSOR: [400, 'The cursor was not issued for this list and filter'],
  MALFORMED_IF_MATCH: [400, 'If-Match is neither `*` nor a list of entity tags'],
  QUERY_TOO_SHORT: [400, 'A search query has at least 2 characters'],
  UNAUTHENTICATED: [401, 'A valid access token is required'],
  TOKEN_EXPIRED: [401, 'The token has expired'],
  TOKEN_INVALID: [401, 'The token is not valid here'],
  REAUTHENTICATION_REQUIRED: [401, 'The password must be shown again before this is done'],
  INVALID_CREDENTIALS: [401, 'Email or password is wrong'],
  REFRESH_TOKEN_INVALID: [401, 'The refresh token is unknown, expired or revoked'],
  REFRESH_TOKEN_REUSED: [401, 'The refresh token was used before; its session has been ended'],
  FORBIDDEN: [403, 'The caller may not do this'],
  OWNER_ONLY: [403, 'Only the owner of the project may do this'],
  ADMIN_ONLY: [403, 'Only an administrator may do this'],
  SIGNED_URL_INVALID: [403, 'The signature of the URL does not fit it'],
  SIGNED_URL_EXPIRED: [403, 'The signed URL has expired'],
  NOT_FOUND: [404, 'There is no such resource, or the caller may not see it'],
  ROUTE_NOT_FOUND: [404, 'There is no such route'],
  METHOD_NOT_ALLOWED: [405, 'The route does not know this method'],
  REQUEST_TIMEOUT: [408, 'The request did not arrive in time'],
  CONFLICT: [409, 'The request conflicts with the present state'],
  EMAIL_TAKEN: [409, 'The email address is already registered'],
  EMAIL_NOT_VERIFIED: [409, 'Nobody has proven yet that the email address is theirs'],
  LAST_ADMINISTRATOR: [409, 'There would be no administrator left'],
  NAME_TAKEN: [409, 'The name is already used here'],
  ALREADY_MEMBER: [409, 'The person is already a member of the project'],
  DEPENDENCY_CYCLE: [409, 'The dependency would close a cycle'],
  IDEMPOTENCY_KEY_IN_USE: [409, 'A request with this Idempotency-Key is still running'],
  FEED_SET_BACK: [409, 'The event at this position is not in the history of the feed; go back to before it'],
  GONE: [410, 'The resource was used or has expired'],
  PRECONDITION_FAILED: [412, 'The resource has changed since the entity tag was issued'],
  PRECONDITION_UNSUPPORTED: [412, 'This operation knows no entity tags, so a condition on one is refused'],
  BODY_TOO_LARGE: [413, 'The body is larger than this route accepts'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The body is not in a media type that this route accepts'],
  RANGE_NOT_SATISFIABLE: [416, 'The range begins behind the end of the file'],
  UNKNOWN_REFERENCE: [422, 'A field names a resource that does not exist'],
  IDEMPOTENCY_KEY_REUSED: [422, 'The Idempotency-Key was used with another request'],
  PASSWORD_TOO_COMMON: [422, 'The password is among the most common ones'],
  NOT_A_MEMBER: [422, 'The person is not a member of the project'],
  UNPROCESSABLE: [422, 'The request is well-formed but cannot be carried out'],
  IF_MATCH_REQUIRED: [428, 'If-Match with the current entity tag is required'],
  TOO_MANY_AT_ONCE: [429, 'Too many requests of this caller are under way at once'],
  RATE_LIMITED: [429, 'Too many requests'],
  LIMIT_REACHED: [429, 'A limit of the tier is reached'],
  INTERNAL: [500, 'Something went wrong on our side'],
  OVERLOADED: [503, 'More is under way than can be served at once'],
  UPSTREAM_UNAVAILABLE: [503, 'A service that this operation needs is not reachable'],
  DATABASE_UNAVAILABLE: [503, 'The database is not reachable'],
  STORAGE_UNAVAILABLE: [503, 'The storage of objects is not reachable'],
  SHUTTING_DOWN: [503, 'The service is shutting down'],
  STORAGE_FULL: [507, 'There is no room to store more'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ErrorCode = keyof typeof errorCatalogue;

/** Where a request holds what is refused. A header's name is in lower case. */
export const requestParts = ['body', 'query', 'path', 'header'] as const;
export type RequestPart = (typeof requestParts)[number];

/**
 * The part of the request and, after a slash, the place in it: `body/updates/3/title`, `query/limit`, `path/task_id`,
 * `header/if-match`. What follows `body` is a JSON Pointer (RFC 6901) into it; `body` alone is the whole of it.
 */
export type FieldPath = RequestPart | `${RequestPart}/${string}`;

export const isFieldPath = (text: string): text is FieldPath =>
  requestParts.some((part) => text === part || text.startsWith(`${part}/`));

export interface FieldError {
  path: FieldPath;
  message: string;
}

export interface ApiErrorOptions {
  /** One sentence for the caller. Never holds a secret, nor (for 5xx) anything internal. */
  detail?: string;
  errors?: FieldError[];
  /** Members added to the problem document, e.g. those of `LIMIT_REACHED`. */
  members?: Record<string, unknown>;
  headers?: Record<string, string>;
  cause?: unknown;
}

/** The one error that code throws to answer a caller: it names a meaning, the app renders it. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: string | undefined;
  readonly errors: FieldError[] | undefined;
  readonly members: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(code: ErrorCode, options: ApiErrorOptions = {}) {
    const [status, title] = errorCatalogue[code];
    super(options.detail ?? title, { cause: options.cause });
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
    this.detail = options.detail;
    this.errors = options.errors;
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
  }
}
