import type { Check } from '@hivesync/http';

const deadlineMs = 1_500;

/**
 * Asks each service for its readiness. A service that is not ready is told, and fails nothing: the door stays open
 * for the others. Anybody may ask here and is not counted, so those who ask at the same time share one answer.
 */
export function servicesReadiness(
  serviceUrls: Readonly<Record<string, string>>,
): () => Promise<Record<string, Check>> {
  const ask = async (): Promise<Record<string, Check>> => {
    const answers = await Promise.all(
      Object.entries(serviceUrls).map(async ([service, url]) => [service, await stateOf(url)] as const),
    );
    return { services: { status: 'ok', ...Object.fromEntries(answers) } };
  };
  let asking: Promise<Record<string, Check>> | undefined;
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

async function stateOf(url: string): Promise<'ready' | 'not ready' | 'not reachable'> {
  try {
    const answer = await fetch(new URL('/health/ready', url), { signal: AbortSignal.timeout(deadlineMs) });
    await answer.body?.cancel();
    return answer.ok ? 'ready' : 'not ready';
  } catch {
    // Why it cannot be reached is for the log of whoever calls it in earnest.
    return 'not reachable';
  }
}
