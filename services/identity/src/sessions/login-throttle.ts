import { createHmac } from 'node:crypto';
import { foldEmail, type SessionId } from '@hivesync/contracts';
import { type DataSource, type Transaction, transaction } from '@hivesync/database';
import type { LoginThrottleKind } from './login-throttle.entity.ts';
import {
  type Counter,
  countFailure,
  forgetFailures,
  pruneThrottles,
  type Refusal,
  refuseWhileBlocked,
} from './login-throttle.repository.ts';
import { subscriberNetwork } from './networks.ts';

const windowMinutes = 60;
/** Failures on one account after which a login that succeeds is told to its owner. */
const suspiciousFailures = 5;

/** Who shows a password, as far as that can be told without it. */
export type Claimant =
  /** Who logs in from a device that logged in before, and shows its token. */
  | { device: string }
  /** Who is logged in. */
  | { session: SessionId }
  /** Anybody else. `address` as `Origin` has it: IPv4 in IPv6 is IPv4, no zone. */
  | { address: string | null };

export interface Attempt {
  /** Counted before the password is looked at. */
  own: Counter;
  /** Of a stranger: counted after a failure. */
  address: Counter | null;
}

/**
 * Slows down guessing: by strangers for each account and for each address (a /64 of IPv6), and apart from these for each
 * device that logged in before and for each session. So whoever guesses locks out strangers like themselves, and not the
 * owner: what only the owner's devices hold has counters that nobody else can touch.
 * https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
 *
 * An attempt is counted before the password is looked at and taken back when it fits, so that however many guesses run in
 * parallel no more than the limit are looked at. An address is counted after a failure: many people may log in from one
 * at once.
 */
export class LoginThrottle {
  readonly #dataSource: DataSource;
  readonly #secret: Buffer;
  readonly #limits: { own: number; address: number };

  /** @param secret keys the hashes under which failures are kept, so that the table names nobody */
  constructor(dataSource: DataSource, secret: Buffer, limits: { perAccount: number; perAddress: number }) {
    this.#dataSource = dataSource;
    this.#secret = secret;
    this.#limits = { own: limits.perAccount, address: limits.perAddress };
  }

  /** @param email whose password is shown */
  attempt(email: string, claimant: Claimant): Attempt {
    if ('device' in claimant) return { own: this.#counter('device', claimant.device), address: null };
    if ('session' in claimant) return { own: this.#counter('session', claimant.session), address: null };
    const network = claimant.address === null ? null : subscriberNetwork(claimant.address);
    return {
      own: this.#counter('account', foldEmail(email)),
      address: network === null ? null : this.#counter('address', network),
    };
  }

  /**
   * Counts the attempt as failed until it succeeds.
   * @param tell called in the same transaction with the first attempt that a block turns away
   * @returns null: go on; else the seconds to wait before the next
   */
  async begin(
    attempt: Attempt,
    tell: (tx: Transaction, refusal: Refusal) => Promise<void>,
  ): Promise<number | null> {
    return transaction(this.#dataSource, async (tx) => {
      const refusal =
        (attempt.address && (await refuseWhileBlocked(tx, attempt.address))) ??
        ((await countFailure(tx, attempt.own, { limit: this.#limits.own, windowMinutes }))
          ? null
          : await refuseWhileBlocked(tx, attempt.own));
      if (!refusal) return null;
      if (refusal.first) await tell(tx, refusal);
      return refusal.seconds;
    });
  }

  /** The password was wrong. The failure that was counted stands; the address's is counted now. */
  async fail(tx: Transaction, { address }: Attempt): Promise<void> {
    if (address) await countFailure(tx, address, { limit: this.#limits.address, windowMinutes });
    await pruneThrottles(tx, windowMinutes);
  }

  /** The password was right. Answers whether so many were wrong before it that its owner should know. */
  async succeed(tx: Transaction, { own }: Attempt): Promise<boolean> {
    return (await forgetFailures(tx, own)) - 1 >= suspiciousFailures;
  }

  #counter(kind: LoginThrottleKind, subject: string): Counter {
    return { kind, key: createHmac('sha256', this.#secret).update(`${kind}:${subject}`).digest('hex') };
  }
}
