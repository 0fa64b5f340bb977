import { isDatabaseUnavailable, isRetriable, sqlState } from '@hivesync/database';

/**
 * Failures of the database or of the way to it. They say nothing about the event in hand: whoever meets one
 * waits and tries again, and never parks. A statement timeout (57014) is not among them, since an
 * event whose statement is always too slow would stop its source for good.
 */
export function isTransient(error: unknown): boolean {
  const code = sqlState(error) ?? '';
  return (
    isRetriable(error) ||
    isDatabaseUnavailable(error) ||
    passing.has(code) ||
    exhausted.some((sqlClass) => code.length === 5 && code.startsWith(sqlClass))
  );
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const passing = new Set([
  '55P03', // lock_not_available
  '25006', // read_only_sql_transaction: a failover is under way
  '28P01', // invalid_password: being rotated
  '28000', // invalid_authorization_specification
  '3D000', // invalid_catalog_name: being restored
]);
/** insufficient resources, system error */
const exhausted = ['53', '58'];
