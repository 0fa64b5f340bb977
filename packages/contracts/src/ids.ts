import { type TString, type TUnsafe, Type } from 'typebox';

declare const brand: unique symbol;

/** A UUID that says whose it is, so that a `UserId` does not pass where a `ProjectId` is due. */
export type Id<Name extends string> = string & { readonly [brand]: Name };

export type UserId = Id<'User'>;
export type SessionId = Id<'Session'>;
export type DeviceSessionId = Id<'DeviceSession'>;
export type RefreshTokenId = Id<'RefreshToken'>;
export type ApiKeyId = Id<'ApiKey'>;
export type NotificationId = Id<'Notification'>;
export type ProjectId = Id<'Project'>;
export type ProjectTagId = Id<'ProjectTag'>;
export type TeamMemberId = Id<'TeamMember'>;
export type InvitationId = Id<'Invitation'>;
export type TaskId = Id<'Task'>;
export type TaskLabelId = Id<'TaskLabel'>;
export type TaskAttachmentId = Id<'TaskAttachment'>;
export type CommentId = Id<'Comment'>;
export type WebhookEndpointId = Id<'WebhookEndpoint'>;
export type WebhookDeliveryId = Id<'WebhookDelivery'>;
export type SampleProjectId = Id<'SampleProject'>;
export type PreviewJobId = Id<'PreviewJob'>;
export type PreviewArtifactId = Id<'PreviewArtifact'>;
export type AiDocJobId = Id<'AiDocJob'>;
export type AiDocHistoryId = Id<'AiDocHistory'>;
export type WorkerNodeId = Id<'WorkerNode'>;
export type WorkerHeartbeatId = Id<'WorkerHeartbeat'>;
export type SubscriptionId = Id<'Subscription'>;
export type ProviderEventId = Id<'ProviderEvent'>;
export type AuditLogId = Id<'AuditLog'>;
export type AuditSealId = Id<'AuditSeal'>;
export type EventId = Id<'Event'>;

const uuid: TString = Type.String({ format: 'uuid' });

/** The schema of an id in a request, an answer or an event. On the wire it is a plain UUID string. */
export function IdSchema<T extends Id<string>>(options: { description?: string } = {}): TUnsafe<T> {
  return Type.Unsafe<T>({ ...uuid, ...options });
}
