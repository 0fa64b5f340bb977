import { createHmac } from 'node:crypto';
import { foldEmail } from '@hivesync/contracts';
import { type DataSource, type Transaction, transaction } from '@hivesync/database';
import { blockedSeconds, countFailure, forgetFailures, pruneThrottles } from './login-throttle.repository.ts';
import { subscriberNetwork } from './networks.ts';

const windowMinutes = 60;
/** Failures on one account after which a login that succeeds is told to its owner. */
const suspiciousFailures = 5;

export interface Attempt {
  accountKey: string;
  addressKey: string | null;
}

/**
 * Slows down guessing, per account and per address (a /64 of IPv6).
 *
 * An account's attempt is counted before the password is looked at and taken back when it fits, so that however
 * many guesses run in parallel no more than the limit are looked at. An address is counted after a failure: many
 * people may log in from one at once.
 */
export class LoginThrottle {
  readonly #dataSource: DataSource;
  readonly #secret: Buffer;
  readonly #account: { limit: number; windowMinutes: number };
  readonly #address: { limit: number; windowMinutes: number };

  /** @param secret keys the hashes under which failures are kept, so that the table names nobody */
  constructor(dataSource: DataSource, secret: Buffer, limits: { perAccount: number; perAddress: number }) {
    this.#dataSource = dataSource;
    this.#secret = secret;
    this.#account = { limit: limits.perAccount, windowMinutes };
    this.#address = { limit: limits.perAddress, windowMinutes };
  }

  /** @param address as `Origin` has it: IPv4 in IPv6 is IPv4, no zone */
  attempt(email: string, address: string | null): Attempt {
    return {
      accountKey: this.#hash(`account:${foldEmail(email)}`),
      addressKey: address === null ? null : this.#hash(`address:${subscriberNetwork(address)}`),
    };
  }

  /** Counts the attempt as failed until it succeeds. Null: go on; else the seconds to wait before the next. */
  async begin(attempt: Attempt): Promise<number | null> {
    return transaction(this.#dataSource, async (tx) => {
      const wait = attempt.addressKey && (await blockedSeconds(tx, 'address', attempt.addressKey));
      if (wait) return wait;
      if (await countFailure(tx, 'account', attempt.accountKey, this.#account)) return null;
      return (await blockedSeconds(tx, 'account', attempt.accountKey)) ?? 1;
    });
  }

  /** The password was wrong. The account's failure stands; the address's is counted now. */
  async fail(tx: Transaction, attempt: Attempt): Promise<void> {
    if (attempt.addressKey) await countFailure(tx, 'address', attempt.addressKey, this.#address);
    await pruneThrottles(tx, windowMinutes);
  }

  /** The password was right. Answers whether so many were wrong before it that its owner should know. */
  async succeed(tx: Transaction, attempt: Attempt): Promise<boolean> {
    const counted = await forgetFailures(tx, 'account', attempt.accountKey);
    return counted - 1 >= suspiciousFailures;
  }

  #hash(subject: string): string {
    return createHmac('sha256', this.#secret).update(subject).digest('hex');
  }
}
