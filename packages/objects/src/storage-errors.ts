import { ApiError } from '@hivesync/contracts';

/** No room: on the disk, in the quota of the user, under the limit for one file. */
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Runs a step on the file system and names its failure. What the step reads from elsewhere must fail outside of it. */
export async function onStorage<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    const isFull = full.has(codeOf(error));
    throw new ApiError(isFull ? 'STORAGE_FULL' : 'STORAGE_UNAVAILABLE', {
      headers: { 'retry-after': isFull ? '60' : '5' },
      cause: error,
    });
  }
}

export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
