import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { appRole } from '@hivesync/database';
import { checkAcknowledged } from './checks/acknowledged.ts';
import { checkDangling } from './checks/dangling.ts';
import { checkEffects } from './checks/effects.ts';
import type { Finding } from './checks/finding.ts';
import { checkReplay } from './checks/replay.ts';
import { Client, type Tally } from './client.ts';
import { Ledger } from './ledger.ts';
import type { Platform } from './platform.ts';
import { waitForQuiet } from './quiet.ts';
import { Random } from './random.ts';
import { describeFault, type Fault, type Round, scheduleOf } from './schedule.ts';
import { trySkewedTokens } from './skewed-tokens.ts';
import { Writer } from './writer.ts';

export interface SuiteOptions {
  rounds: number;
  seed: number;
  /** Clients that write at the same time. */
  writers: number;
  say: (line: string) => void;
}

export interface Report {
  /** How often each kind of fault was injected. */
  injected: Record<Fault['kind'], number>;
  tally: Tally;
  findings: Finding[];
  /** What else went wrong: processes that ended by themselves, consumers that did not catch up, wrong tokens taken. */
  troubles: string[];
}

const readyWithinMs = 60_000;
const quietWithinMs = 90_000;

/** Injects the schedule's faults into a platform under load, lets it come to rest, and checks what is stored. */
export async function runSuite(platform: Platform, options: SuiteOptions): Promise<Report> {
  const { rounds, seed, writers, say } = options;
  const urls = Object.fromEntries(
    serviceNames.map((service) => [service, platform.services[service].url]),
  ) as Record<ServiceName, string>;
  const client = new Client(urls);
  const ledger = new Ledger();
  const troubles: string[] = [];
  const injected: Report['injected'] = {
    kill: 0,
    cut: 0,
    pause: 0,
    skew: 0,
    'stop-postgres': 0,
    'kill-postgres': 0,
  };

  const load = new AbortController();
  const running = Array.from({ length: writers }, (_, index) => {
    const name = `w${index + 1}`;
    return new Writer(name, { client, ledger, random: new Random(seed, name) }).run(load.signal);
  });
  // The first to fail is told at the end; nothing is left unhandled meanwhile.
  const loaded = Promise.all(running);
  loaded.catch(() => load.abort());

  for (const round of scheduleOf(seed, rounds)) {
    if (load.signal.aborted) break;
    await sleep(round.loadMs);
    say(`${String(round.number).padStart(4)}  ${describeFault(round.fault)}`);
    injected[round.fault.kind] += 1;
    troubles.push(...(await inject(platform, round)));
  }

  if (!(await platform.ready(readyWithinMs))) troubles.push('Not every service became ready again');
  await sleep(1_000);
  load.abort();
  await loaded;
  say('The load has ended; waiting until every consumer has caught up.');
  troubles.push(...(await waitForQuiet(platform.postgres, quietWithinMs)));
  for (const { crashes } of Object.values(platform.services)) troubles.push(...crashes);
  for (const [what, times] of client.tally.unexpected) troubles.push(`${what} (${times} times)`);

  const findings = [
    ...(await checkAcknowledged(platform.postgres, ledger)),
    ...(await checkEffects(platform.postgres)),
    ...(await checkDangling(platform.postgres)),
    ...(await checkReplay(platform, quietWithinMs)),
  ];
  return { injected, tally: client.tally, findings, troubles };
}

/** Answers what went wrong at once. */
async function inject({ postgres, services, ...platform }: Platform, round: Round): Promise<string[]> {
  const { fault } = round;
  switch (fault.kind) {
    case 'kill': {
      const service = services[fault.service];
      // Mostly one that works, so that work is cut off; each fifth time whatever state it is in.
      if (round.number % 5 !== 0) await service.ready(15_000);
      await service.kill();
      await sleep(fault.downMs);
      service.start();
      return [];
    }
    case 'pause':
      services[fault.service].pause(fault.pausedMs);
      return [];
    case 'cut':
      await postgres.terminate(appRole(fault.service));
      return [];
    case 'stop-postgres':
      await postgres.stopFor(fault.downMs);
      return [];
    case 'kill-postgres':
      await postgres.killFor(fault.downMs);
      return [];
    case 'skew':
      return trySkewedTokens({ postgres, services, ...platform }, fault.service, fault.caller);
  }
}
