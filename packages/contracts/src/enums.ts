import { type Static, type TUnsafe, Type } from 'typebox';

/** A JSON Schema `enum` of strings, typed as their union. */
export function StringEnum<const Values extends readonly string[]>(
  values: Values,
  options: { description?: string; default?: Values[number] } = {},
): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], ...options });
}

export const serviceNames = ['identity', 'projects', 'previews', 'billing', 'workers', 'audit'] as const;
/** A domain service: one that owns tables. The gateway owns none and is not among them. */
export type ServiceName = (typeof serviceNames)[number];

export const tiers = ['free', 'pro', 'premium'] as const;
export const Tier = StringEnum(tiers, { description: 'What an account has subscribed to' });
export type Tier = Static<typeof Tier>;

export const userRoles = ['user', 'admin'] as const;
export const UserRole = StringEnum(userRoles, { description: 'What an account may do on the platform' });
export type UserRole = Static<typeof UserRole>;

export const memberRoles = ['owner', 'member'] as const;
export const MemberRole = StringEnum(memberRoles, { description: 'What a member may do in the project' });
export type MemberRole = Static<typeof MemberRole>;

export const taskStatuses = ['open', 'in_progress', 'blocked', 'done'] as const;
export const TaskStatus = StringEnum(taskStatuses, { description: 'How far a task is' });
export type TaskStatus = Static<typeof TaskStatus>;

export const commentEntityTypes = ['project', 'task', 'preview_job', 'ai_doc_job', 'code'] as const;
export const CommentEntityType = StringEnum(commentEntityTypes, {
  description: 'The kind of thing that a comment is about',
});
export type CommentEntityType = Static<typeof CommentEntityType>;

export const notificationTypes = [
  'task_assigned',
  'task_completed',
  'comment_added',
  'comment_mention',
  'preview_ready',
  'preview_failed',
  'ai_docs_ready',
  'ai_docs_failed',
  'team_invite',
  'team_joined',
  'team_member_left',
  'security_event',
  'subscription_changed',
  'worker_down',
  'queue_high',
  'integrity_finding',
] as const;
export const NotificationType = StringEnum(notificationTypes);
export type NotificationType = Static<typeof NotificationType>;

export const jobStatuses = ['queued', 'running', 'succeeded', 'failed', 'canceled'] as const;
export const JobStatus = StringEnum(jobStatuses, { description: 'How far a job is' });
export type JobStatus = Static<typeof JobStatus>;

export const jobErrorCodes = [
  'WORKER_TIMEOUT',
  'BUILD_FAILED',
  'UNSUPPORTED',
  'PAYLOAD_TOO_LARGE',
  'CANCELED',
  'PROVIDER_FAILED',
] as const;
export const JobErrorCode = StringEnum(jobErrorCodes);
export type JobErrorCode = Static<typeof JobErrorCode>;

export const deviceTypes = ['iphone', 'ipad', 'android_phone', 'android_tablet'] as const;
export const DeviceType = StringEnum(deviceTypes);
export type DeviceType = Static<typeof DeviceType>;

export const platforms = ['ios', 'android'] as const;
export const Platform = StringEnum(platforms);
export type Platform = Static<typeof Platform>;

export const workerTypes = ['cpu', 'gpu'] as const;
export const WorkerType = StringEnum(workerTypes, { description: 'What a machine is made for' });
export type WorkerType = Static<typeof WorkerType>;

export const workerStatuses = ['healthy', 'unhealthy', 'draining', 'offline'] as const;
export const WorkerStatus = StringEnum(workerStatuses, { description: 'Whether a machine takes jobs' });
export type WorkerStatus = Static<typeof WorkerStatus>;

export const subscriptionStatuses = ['active', 'past_due', 'canceled', 'paused', 'expired'] as const;
export const SubscriptionStatus = StringEnum(subscriptionStatuses);
export type SubscriptionStatus = Static<typeof SubscriptionStatus>;
