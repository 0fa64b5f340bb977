import { ApiError } from '@hivesync/contracts';

/** @throws ApiError DATABASE_UNAVAILABLE after `ms`. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new ApiError('DATABASE_UNAVAILABLE')), ms);
  });
  // It goes on without us; what it says then concerns nobody.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
