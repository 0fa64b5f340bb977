export type { paths as AuditPaths } from './generated/audit.ts';
export type { paths as BillingPaths } from './generated/billing.ts';
export type { paths as IdentityPaths } from './generated/identity.ts';
export type { paths as PreviewsPaths } from './generated/previews.ts';
export type { paths as ProjectsPaths } from './generated/projects.ts';
export type { paths as WorkersPaths } from './generated/workers.ts';
export * from './resilient-fetch.ts';
export * from './service-client.ts';
export * from './upstream-error.ts';
