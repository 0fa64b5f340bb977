/** What keeps the embedded PostgreSQL from running, in one line that says what to do. */
export class EmbeddedPostgresError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'EmbeddedPostgresError';
  }
}

const fileErrors: Record<string, (path: string) => string> = {
  ENOSPC: (path) => `The disk is full: PostgreSQL cannot write to ${path}. Free some space and start again.`,
  EDQUOT: (path) => `The disk quota is used up: PostgreSQL cannot write to ${path}.`,
  EROFS: (path) => `${path} is on a read-only file system: choose a data folder that can be written to.`,
  EACCES: (path) => `${path} may not be written to by this user: it was probably made by another one.`,
  EPERM: (path) => `${path} may not be changed by this user: it was probably made by another one.`,
  ENOTDIR: (path) => `${path} is not a folder: choose another data folder, or move that file away.`,
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
