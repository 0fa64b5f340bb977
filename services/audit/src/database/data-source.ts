import { defineDatabase } from '@hivesync/database';
import { AuditLog } from '../audit-logs/audit-log.entity.ts';
import { forgetAddresses } from '../audit-logs/forget-addresses.repository.ts';
import { AuditSeal } from '../audit-seals/audit-seal.entity.ts';
import { IntegritySchedule } from '../integrity/integrity-schedule.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';
import { CreatePlatformTables1763800000000 } from './migrations/1763800000000-create-platform-tables.ts';
import { CreateUserRefs1763800001000 } from './migrations/1763800001000-create-user-refs.ts';
import { CreateAuditLogs1763800002000 } from './migrations/1763800002000-create-audit-logs.ts';
import { CreateAuditSeals1763800003000 } from './migrations/1763800003000-create-audit-seals.ts';
import { CreateReferenceSweeps1763900000000 } from './migrations/1763900000000-create-reference-sweeps.ts';
import { ForgetUserAddresses1763900001000 } from './migrations/1763900001000-forget-user-addresses.ts';
import { ForgetAddressesOfFailedLogins1764000300000 } from './migrations/1764000300000-forget-addresses-of-failed-logins.ts';
import { CreateIntegritySchedule1764000350000 } from './migrations/1764000350000-create-integrity-schedule.ts';
import { ForgetDeletedPeople1764000400000 } from './migrations/1764000400000-forget-deleted-people.ts';
import { KeepTombstones1764000700000 } from './migrations/1764000700000-keep-tombstones.ts';
import { AddFeedEpochs1764170000000 } from './migrations/1764170000000-add-feed-epochs.ts';
import { KeepUnknownEvents1764170001000 } from './migrations/1764170001000-keep-unknown-events.ts';
import { AddIntegrityFindings1764180000000 } from './migrations/1764180000000-add-integrity-findings.ts';
import { LockPartitionsByPolicy1764190000000 } from './migrations/1764190000000-lock-partitions-by-policy.ts';

export const database = defineDatabase({
  service: 'audit',
  entities: [UserRef, AuditLog, AuditSeal, IntegritySchedule],
  migrations: [
    CreatePlatformTables1763800000000,
    CreateUserRefs1763800001000,
    CreateAuditLogs1763800002000,
    CreateAuditSeals1763800003000,
    CreateReferenceSweeps1763900000000,
    ForgetUserAddresses1763900001000,
    ForgetAddressesOfFailedLogins1764000300000,
    CreateIntegritySchedule1764000350000,
    ForgetDeletedPeople1764000400000,
    KeepTombstones1764000700000,
    AddFeedEpochs1764170000000,
    KeepUnknownEvents1764170001000,
    AddIntegrityFindings1764180000000,
    LockPartitionsByPolicy1764190000000,
  ],
  partitions: [{ table: 'audit_logs', step: 'month', ahead: 3 }],
  cascades: { 'audit_logs.user_id': forgetAddresses },
  plainIds: {
    'audit_logs.entity_id': 'of whatever kind entity_type says; facts outlive what they are about',
    'audit_logs.request_id': 'of a request, which is no row',
  },
  unguardedReferences: {
    'audit_logs.user_id': 'what a deleted user did is a fact too, and may be told after the deletion',
  },
  unchangingTables: {
    audit_logs: 'facts are not changed',
    audit_seals: 'a seal is not changed',
  },
});
