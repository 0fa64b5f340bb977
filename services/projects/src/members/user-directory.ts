import { type Resilience, resilientFetch, unavailable, upstreamError } from '@hivesync/clients';
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

/** The directory that identity serves to other services; `token` gives a service token for it. */
export function identityDirectory(
  serviceUrls: Readonly<Record<string, string>>,
  token: () => Promise<string>,
  resilience: Resilience = {},
): UserDirectory {
  const fetch = resilientFetch('identity', resilience);
  return {
    async findByEmail(email, requestId) {
      const { identity: baseUrl } = serviceUrls;
      if (baseUrl === undefined) throw unavailable('identity', 5, 'SERVICE_URLS does not name identity');
      const response = await fetch(
        new Request(new URL('/internal/users/find-by-email', baseUrl), {
          method: 'POST',
          headers: {
            authorization: `Bearer ${await token()}`,
            'content-type': 'application/json',
            ...(requestId && { 'x-request-id': requestId }),
          },
          body: JSON.stringify({ email }),
        }),
      );
      if (!response.ok) throw await upstreamError('identity', response);
      // What is not JSON is as little of an answer as JSON of another shape.
      const answer: unknown = await response.json().catch(() => undefined);
      if (!Answer.Check(answer)) throw unavailable('identity', 5, 'its answer does not fit');
      return answer.user?.id ?? null;
    },
  };
}
