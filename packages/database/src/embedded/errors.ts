/** What keeps the embedded PostgreSQL from running, in one line that says what to do. */
export class EmbeddedPostgresError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'EmbeddedPostgresError';
  }
}

const elsewhere = 'set HIVESYNC_DATA_DIR to a folder that can be written to';

const fileErrors: Record<string, (path: string) => string> = {
  ENOSPC: (path) => `The disk is full: PostgreSQL cannot write to ${path}. Free some space and start again.`,
  EDQUOT: (path) => `The disk quota is used up: PostgreSQL cannot write to ${path}.`,
  EROFS: (path) => `${path} is on a read-only file system: ${elsewhere}.`,
  EACCES: (path) =>
    `${path} may not be used by this user, it was probably made by another one: give it to this user, or ${elsewhere}.`,
  EPERM: (path) =>
    `${path} may not be changed by this user, it was probably made by another one: give it to this user, or ${elsewhere}.`,
  ENOTDIR: (path) => `${path} is not a folder: move that file away, or ${elsewhere}.`,
};

/** The one-line form of an error met while working on `folder`; other errors pass as they are. */
export function explain(error: unknown, folder: string): unknown {
  if (error instanceof EmbeddedPostgresError || !(error instanceof Error)) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  const describe = code === undefined ? undefined : fileErrors[code];
  return describe ? new EmbeddedPostgresError(describe(path ?? folder), error) : error;
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
