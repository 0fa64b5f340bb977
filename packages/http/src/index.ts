export type { App } from './app/app.ts';
export { streamedRequestMs } from './app/body-deadline.ts';
export { createApp, type ServiceAppOptions } from './app/create-app.ts';
export * from './auth/key-resolver.ts';
export {
  type ServiceTokens,
  serviceKeySet,
  serviceTokenIssuer,
  serviceTokens,
  verifyServiceToken,
} from './auth/service-tokens.ts';
export { SessionNow } from './auth/session-now.ts';
export { type AuthenticatedUser, verifyUserToken } from './auth/user-tokens.ts';
export { heldByCaller } from './conditional/conditional-requests.ts';
export { versionTag } from './conditional/entity-tag.ts';
export type { Precondition } from './conditional/if-match.ts';
export * from './config/base-config.ts';
export * from './config/load-config.ts';
export * from './config/private-key.ts';
export * from './errors/error-responses.ts';
export { limitReached } from './errors/limit-reached.ts';
export { type Problem, ProblemSchema, problemOf, problemType } from './errors/problem.ts';
export { toApiError, unknownReference } from './errors/translate.ts';
export * from './event-sources.ts';
export { type Outcome, unitOfWork } from './idempotency/unit-of-work.ts';
export * from './integrity/audit-references.ts';
export * from './integrity/remote-integrity.ts';
export * from './integrity/schemas.ts';
export type { Lifecycle } from './lifecycle/lifecycle.ts';
export * from './lifecycle/run-service.ts';
export * from './lifecycle/start-service.ts';
export { retryAfterHeader } from './openapi/describe-operations.ts';
export { aboutTheApi } from './openapi/openapi.ts';
export { within } from './operations/deadline.ts';
export type { Check } from './operations/health.ts';
export { createLogger, hashedUser, type Logger } from './operations/logging.ts';
export {
  type CursorKey,
  type CursorScope,
  cursorScope,
  decodeCursor,
  encodeCursor,
} from './paging/cursor.ts';
export * from './paging/page.ts';
export * from './paging/read-page.ts';
export * from './references/reference-owners.ts';
export * from './references/resolve-references.ts';
export {
  ListReferencesQuery,
  maxResolvedIds,
  ResolveBody,
  type ResolvedReference,
  ResolveReply,
} from './references/resolve-schemas.ts';
