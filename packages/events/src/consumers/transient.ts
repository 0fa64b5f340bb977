/**
 * Failures of the database or of the way to it. They say nothing about the event in hand: whoever meets one
 * waits and tries again, and never parks. A statement timeout (57014) is not among them, since an
 * event whose statement is always too slow would stop its source for good.
 * Classes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isTransient(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    if (transientStates.has(code) || transientClasses.has(code.slice(0, 2)) || networkErrors.has(code)) {
      return true;
    }
    if (lostConnection.test(cause.message)) return true;
    if ('driverError' in cause && cause.driverError !== cause && isTransient(cause.driverError)) return true;
  }
  return false;
}

/** Connection, resources, operator (less its query cancelling), system. */
const transientClasses = new Set(['08', '53', '58']);
const transientStates = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '25006', // read_only_sql_transaction: a failover is under way
  '25P03', // idle_in_transaction_session_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '28P01', // invalid_password: being rotated
  '28000', // invalid_authorization_specification
  '3D000', // invalid_catalog_name: being restored
]);
const networkErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** What pg and TypeORM say without a code. */
const lostConnection =
  /connection terminated|connection error and is not queryable|client was closed|timeout exceeded when trying to connect|driver not connected|connection is not established|cannot use a pool after calling end/i;
