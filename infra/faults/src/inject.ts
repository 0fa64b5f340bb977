import { setTimeout as sleep } from 'node:timers/promises';
import { appRole } from '@hivesync/database';
import type { Tally } from './client.ts';
import { killConsumer } from './consumer-kill.ts';
import type { Platform } from './platform.ts';
import type { Round } from './schedule.ts';
import { trySkewedTokens } from './skewed-tokens.ts';

export interface Injection {
  /** What went wrong at once. */
  troubles: string[];
  /** Of a consumer that was killed between effect and commit: the tables into which it had written. */
  wrote?: string[] | null;
  /** It could not be injected here, and nothing has happened. */
  left?: boolean;
}

/** Does to the platform what the round says, and resolves once it is done; a pause or a full disk lasts meanwhile. */
export async function inject(platform: Platform, { number, fault }: Round, tally: Tally): Promise<Injection> {
  const { postgres, services } = platform;
  switch (fault.kind) {
    case 'kill': {
      const service = services[fault.service];
      // Mostly one that works, so that work is cut off; each fifth time whatever state it is in.
      if (number % 5 !== 0) await service.ready(15_000);
      await service.kill();
      await sleep(fault.downMs);
      service.start();
      break;
    }
    case 'kill-consumer': {
      const service = services[fault.service];
      await service.ready(15_000);
      const injection = await killConsumer(platform, fault.service);
      await sleep(fault.downMs);
      service.start();
      return injection;
    }
    case 'pause':
      services[fault.service].pause(fault.pausedMs);
      break;
    case 'cut':
      await postgres.terminate(appRole(fault.service));
      break;
    case 'stop-postgres':
      await postgres.stopFor(fault.downMs);
      break;
    case 'kill-postgres':
      await postgres.killFor(fault.downMs);
      break;
    case 'fill-disk': {
      if (!platform.disk) return { troubles: [], left: true };
      const { full } = tally;
      await platform.disk.fill(fault.fullMs, () => tally.full > full);
      break;
    }
    case 'skew':
      return { troubles: await trySkewedTokens(platform, fault.service, fault.caller) };
  }
  return { troubles: [] };
}
