import type { ServiceName } from '@hivesync/contracts';

/** What the global setup hands to each test file. */
export interface TestContext {
  adminUrl: string;
  roleSecret: string;
  /** Begins the name of every database of this run. */
  prefix: string;
  /** Bootstrapped and migrated by every service. */
  migrated: string;
  /** Bootstrapped: roles, schemas and grants, no tables. */
  empty: string;
  /** Services whose migrations failed, with the reason: tests that use them fail with it. */
  failures: Partial<Record<ServiceName, string>>;
}

declare module 'vitest' {
  interface ProvidedContext {
    hivesync: TestContext;
  }
}
