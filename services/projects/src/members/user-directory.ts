import { bodyOf, type CallService, createClient, fitting, type IdentityPaths } from '@hivesync/clients';
import { IdSchema, type UserId } from '@hivesync/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** Finds people by what only identity knows. */
export interface UserDirectory {
  /**
   * Whose address it is, without regard to case; null where it is nobody's.
   * @throws ApiError UPSTREAM_UNAVAILABLE where identity gives no answer in time.
   */
  findByEmail(email: string, requestId?: string): Promise<UserId | null>;
}

const Answer = Compile(
  Type.Object({ user: Type.Union([Type.Object({ id: IdSchema<UserId>() }), Type.Null()]) }),
);

/** The directory that identity serves to other services. */
export function identityDirectory(callService: CallService): UserDirectory {
  const identity = createClient<IdentityPaths>('identity', callService);
  return {
    async findByEmail(email, requestId) {
      const found = identity({ requestId }).POST('/internal/users/find-by-email', { body: { email } });
      const { user } = await fitting('identity', Answer, bodyOf(found));
      return user?.id ?? null;
    },
  };
}
