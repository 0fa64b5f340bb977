import {
  Closed,
  EmailAddress,
  IdSchema,
  type InvitationId,
  MemberRole,
  type ProjectId,
  Timestamp,
  type UserId,
} from '@hivesync/contracts';
import { type Static, Type } from 'typebox';
import { Person } from '../fields.schemas.ts';

export const MemberParams = Closed({ project_id: IdSchema<ProjectId>(), user_id: IdSchema<UserId>() });
export const InvitationParams = Closed({ invitation_id: IdSchema<InvitationId>() });

export const Member = Closed({ user: Person, role: MemberRole, joined_at: Timestamp }, { $id: 'Member' });
export type Member = Static<typeof Member>;

export const NewInvitation = Closed({ email: EmailAddress }, { examples: [{ email: 'bob@example.com' }] });

/** What the owner sees. It is the same whether the address belongs to anybody or not. */
export const Invitation = Closed(
  {
    id: IdSchema<InvitationId>(),
    project_id: IdSchema<ProjectId>(),
    email: Type.String(),
    created_at: Timestamp,
  },
  { $id: 'Invitation' },
);
export type Invitation = Static<typeof Invitation>;

/** What the invited person sees. */
export const ReceivedInvitation = Closed(
  {
    id: IdSchema<InvitationId>(),
    project: Closed({ id: IdSchema<ProjectId>(), name: Type.String() }),
    invited_by: Person,
    created_at: Timestamp,
  },
  { $id: 'ReceivedInvitation' },
);
export type ReceivedInvitation = Static<typeof ReceivedInvitation>;

export const Membership = Closed(
  {
    project_id: IdSchema<ProjectId>(),
    user_id: IdSchema<UserId>(),
    role: MemberRole,
    joined_at: Timestamp,
  },
  { $id: 'Membership' },
);
export type Membership = Static<typeof Membership>;
