/** SQLSTATEs, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const retriable = new Set(['40001', '40P01']);
const unavailable = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read_only_sql_transaction: a failover is under way
  '28P01', // invalid_password: being rotated
  '28000', // invalid_authorization_specification: the role is not there, or may not log in
  '3D000', // invalid_catalog_name: being restored
]);
/** What the system says of a socket, by its call. Files and aborted requests use some of the same codes. */
const socketFailures: Readonly<Record<string, ReadonlySet<string>>> = {
  connect: new Set([
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOENT', // the unix socket is gone
  ]),
  getaddrinfo: new Set(['ENOTFOUND', 'EAI_AGAIN']),
  read: new Set(['ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']),
  write: new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']),
};
/** connection exception, insufficient resources, system error: classes of SQLSTATE */
const unavailableClasses = ['08', '53', '58'];
/** node-postgres and its pool give these without a code. */
const lostConnection =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end|Driver not Connected)/;

/** The connection of a transaction broke; nothing of it was committed. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
  /** connection_failure */
  readonly code = '08006';
  constructor(options: ErrorOptions) {
    super('the connection to the database broke within a transaction', options);
  }
}

interface DatabaseFailure {
  code: string;
  /** The system call that failed, where it was one. */
  syscall: string | undefined;
  constraint: string | undefined;
  column: string | undefined;
  table: string | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function failureOf(error: unknown): DatabaseFailure | null {
  if (!(error instanceof Error)) return null;
  const source: Record<string, unknown> = {
    ...error,
    ...('driverError' in error && error.driverError instanceof Error ? error.driverError : {}),
  };
  const code = text(source.code);
  if (!code) return null;
  return {
    code,
    syscall: text(source.syscall),
    constraint: text(source.constraint),
    column: text(source.column),
    table: text(source.table),
  };
}

/** SQLSTATE, or the system's error code of a broken connection, wherever TypeORM wrapped it; null for other errors. */
export function sqlState(error: unknown): string | null {
  return failureOf(error)?.code ?? null;
}

/** True where running the same transaction again may succeed: a serialization failure or a deadlock. */
export function isRetriable(error: unknown): boolean {
  return retriable.has(sqlState(error) ?? '');
}

/**
 * True where the database could not be reached, went away, lets nobody in or cannot work at all: the caller should
 * hear 503 and try again. It says nothing about the statement. The one list, for requests and consumers alike.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  const { code = '', syscall = '' } = failureOf(error) ?? {};
  if (unavailable.has(code) || socketFailures[syscall]?.has(code)) return true;
  if (syscall === '' && code.length === 5 && unavailableClasses.includes(code.slice(0, 2))) return true;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  if (!(error instanceof Error)) return false;
  const driver =
    'driverError' in error && error.driverError instanceof Error ? error.driverError.message : '';
  return lostConnection.test(error.message) || lostConnection.test(driver);
}

/** The constraint that refused a write: class 23 of SQLSTATE; null for other errors. */
export function constraintViolation(error: unknown): DatabaseFailure | null {
  const failure = failureOf(error);
  return failure?.code.startsWith('23') ? failure : null;
}
