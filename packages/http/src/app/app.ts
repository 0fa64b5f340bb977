import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { CallService } from '@hivesync/clients';
import type { ServiceName } from '@hivesync/contracts';
import type { DataSource } from '@hivesync/database';
import type { Mend, Origin } from '@hivesync/events';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  onRequestAsyncHookHandler,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Registry } from 'prom-client';
import type { AuthenticatedUser } from '../auth/user-tokens.ts';
import type { Precondition } from '../conditional/if-match.ts';
import type { AppConfig } from '../config/base-config.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Readings } from '../operations/readings.ts';
import type { ReferenceOwners } from '../references/reference-owners.ts';

/** The Fastify app of a service: types of requests and answers follow from TypeBox schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

// All in one place, and in the one that `App` comes from, so that whoever has the type has these as well.
declare module 'fastify' {
  interface FastifyInstance {
    serviceName: ServiceName | 'gateway';
    config: AppConfig;
    /** The service's pool. @throws TypeError in an app without a database. */
    readonly dataSource: DataSource;
    lifecycle: Lifecycle;
    /**
     * Has `mend` bring back into step what this service keeps of another, whose server lost events that were applied here;
     * references are by themselves. See `Consumers.onSetBack`.
     */
    onSetBack: (mend: Mend) => void;
    referenceOwners: ReferenceOwners;
    /** Calls other services in this one's name. All callers share the circuit breakers. */
    callService: CallService;
    /** Authenticates page cursors. */
    cursorSecret: Buffer;
    /** Keys the hashes of what is kept with an `Idempotency-Key`. */
    idempotencySecret: Buffer;
    /** The app's own metrics; a service adds its counters and gauges here. */
    metrics: Registry;
    /** For metrics that have to be asked for, from the database above all. */
    readings: Readings;
    /**
     * Lets only people with a valid access token through; afterwards `request.user` is set. As `onRequest` of a
     * route or of a plugin, so that it runs before the body is read.
     */
    requireUser: onRequestAsyncHookHandler;
    /**
     * As `requireUser`, for administrators: others get 403 ADMIN_ONLY. Reading goes by the token, which may be 15
     * minutes old. For every other method identity is asked whether the session is still there and its person an
     * administrator: 401 TOKEN_INVALID where not, 503 where it cannot be asked.
     */
    requireAdmin: onRequestAsyncHookHandler;
    /**
     * As `requireAdmin`, for what destroys: an administrator who showed their password more than 5 minutes ago, or
     * whose token does not tell when, gets 401 REAUTHENTICATION_REQUIRED. Identity is asked whatever the method.
     */
    requireRecentAdmin: onRequestAsyncHookHandler;
    /** Who calls, where that can be told: null for a missing or invalid token, whatever is wrong with it. */
    identifyUser(request: FastifyRequest): Promise<AuthenticatedUser | null>;
  }

  interface FastifyRequest {
    /** The caller. @throws ApiError UNAUTHENTICATED where no `requireUser` ran before. */
    readonly user: AuthenticatedUser;
    /** The calling service, under `/internal`; null elsewhere. */
    readonly service: ServiceName | null;
    /** Who causes what this request does: goes with every event that it publishes. */
    readonly origin: Origin;
    /** What `If-Match` demands, for a route that says `ifMatch`. @throws ApiError MALFORMED_IF_MATCH */
    readonly ifMatch: Precondition;
  }

  interface FastifyContextConfig {
    /** Under `/internal`: the services that may call the route; any may where it is left out. */
    callers?: readonly ServiceName[];
    /** The route takes `Idempotency-Key`; its handler answers through `unitOfWork`. */
    idempotent?: boolean;
    /** The route asks `request.ifMatch`, which must be sent or may be. Where this is left out, `If-Match` is refused. */
    ifMatch?: 'required' | 'optional';
    /** The route's 200 or 201 has a `version`, and so gets an `ETag`; a 201 has a `Location` too. */
    versioned?: boolean;
    /** The route reads its body from `request.raw` itself, whatever its type and size: see `streamsBodies`. */
    streamsBody?: boolean;
  }
}
