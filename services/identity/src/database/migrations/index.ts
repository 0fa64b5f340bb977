import { CreatePlatformTables1763800000000 } from './1763800000000-create-platform-tables.ts';
import { CreateUsers1763800001000 } from './1763800001000-create-users.ts';
import { CreateSessions1763800002000 } from './1763800002000-create-sessions.ts';
import { CreateSessionTokens1763800003000 } from './1763800003000-create-session-tokens.ts';
import { CreateApiKeys1763800004000 } from './1763800004000-create-api-keys.ts';
import { CreateNotifications1763800005000 } from './1763800005000-create-notifications.ts';
import { CreateSigningKeys1763800006000 } from './1763800006000-create-signing-keys.ts';
import { CreateLoginThrottles1763800007000 } from './1763800007000-create-login-throttles.ts';
import { CreateReferenceSweeps1763900000000 } from './1763900000000-create-reference-sweeps.ts';
import { CreateAccountDeletions1763900001000 } from './1763900001000-create-account-deletions.ts';
import { ForgetDeletedPeople1764000400000 } from './1764000400000-forget-deleted-people.ts';
import { EndExpiredSessions1764000600000 } from './1764000600000-end-expired-sessions.ts';
import { ForgetAddressesOfTheDeleted1764150000000 } from './1764150000000-forget-addresses-of-the-deleted.ts';
import { OneChainOfRefreshTokens1764150001000 } from './1764150001000-one-chain-of-refresh-tokens.ts';
import { CountFailuresOfDevicesAndSessions1764150002000 } from './1764150002000-count-failures-of-devices-and-sessions.ts';
import { ProveAddresses1764160000000 } from './1764160000000-prove-addresses.ts';
import { AddFeedEpochs1764170000000 } from './1764170000000-add-feed-epochs.ts';
import { KeepUnknownEvents1764170001000 } from './1764170001000-keep-unknown-events.ts';

/** In the order in which they run. A migration that has landed is never edited: write the next one. */
export const migrations = [
  CreatePlatformTables1763800000000,
  CreateUsers1763800001000,
  CreateSessions1763800002000,
  CreateSessionTokens1763800003000,
  CreateApiKeys1763800004000,
  CreateNotifications1763800005000,
  CreateSigningKeys1763800006000,
  CreateLoginThrottles1763800007000,
  CreateReferenceSweeps1763900000000,
  CreateAccountDeletions1763900001000,
  ForgetDeletedPeople1764000400000,
  EndExpiredSessions1764000600000,
  ForgetAddressesOfTheDeleted1764150000000,
  OneChainOfRefreshTokens1764150001000,
  CountFailuresOfDevicesAndSessions1764150002000,
  ProveAddresses1764160000000,
  AddFeedEpochs1764170000000,
  KeepUnknownEvents1764170001000,
];
