import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { ServiceName } from '@hivesync/contracts';
import type { DataSource } from '@hivesync/database';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ServiceTokens } from '../auth/service-tokens.ts';
import type { AppConfig } from '../config/base-config.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { ReferenceOwners } from '../references/reference-owners.ts';

/** The Fastify app of a service: types of requests and answers follow from TypeBox schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyInstance {
    serviceName: ServiceName | 'gateway';
    config: AppConfig;
    /** The service's pool. @throws TypeError in an app without a database. */
    readonly dataSource: DataSource;
    lifecycle: Lifecycle;
    referenceOwners: ReferenceOwners;
    /** Tokens for calls to other services. @throws TypeError in an app without a key. */
    serviceTokens: ServiceTokens;
    cursorSecret: Buffer;
  }
}
