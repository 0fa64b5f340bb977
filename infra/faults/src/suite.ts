import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { checkAcknowledged } from './checks/acknowledged.ts';
import { checkDangling } from './checks/dangling.ts';
import { checkEffects, type EffectCounts } from './checks/effects.ts';
import type { Finding } from './checks/finding.ts';
import { checkIntegrity, type IntegrityCheck } from './checks/integrity.ts';
import { checkObjects } from './checks/objects.ts';
import { checkReplay } from './checks/replay.ts';
import { Client, type Tally } from './client.ts';
import { inject } from './inject.ts';
import { Ledger } from './ledger.ts';
import { type Platform, serviceUrlsOf } from './platform.ts';
import { waitForQuiet } from './quiet.ts';
import { Random } from './random.ts';
import { describeUnready } from './readiness.ts';
import { describeFault, type FaultKind, faultKinds, scheduleOf } from './schedule.ts';
import { Writer } from './writer.ts';

export interface SuiteOptions {
  rounds: number;
  seed: number;
  /** Clients that write at the same time. */
  writers: number;
  say: (line: string) => void;
}

export interface Report {
  seed: number;
  /** How many there were; fewer than asked for where the load failed. */
  rounds: number;
  /** How often each kind of fault was injected. */
  injected: Record<FaultKind, number>;
  /** Kinds that cannot be injected here. */
  left: FaultKind[];
  /** How many of the consumers stood between effect and commit when they were killed. */
  consumersHit: number;
  tally: Tally;
  /** Invitations that were accepted, or may have been: none, where nobody proved an address. */
  joins: number;
  counts: EffectCounts;
  /** Null where the platform's own audit gave no answer, which is one of the troubles. */
  integrity: Omit<IntegrityCheck, 'findings'> | null;
  findings: Finding[];
  /** The services that were ready again after the last fault. */
  readyAgain: ServiceName[];
  /** What else went wrong: processes that ended by themselves, services that did not become ready again, consumers that did not catch up, wrong tokens taken. */
  troubles: string[];
}

/** Injects the schedule's faults into a platform under load, lets it come to rest, and checks what is stored. */
export async function runSuite(platform: Platform, options: SuiteOptions): Promise<Report> {
  const { rounds, seed, writers, say } = options;
  const client = new Client(serviceUrlsOf(platform));
  const ledger = new Ledger();
  const troubles: string[] = [];
  const injected = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Report['injected'];
  const left = new Set<FaultKind>();
  let done = 0;
  let consumersHit = 0;

  const load = new AbortController();
  const running = Array.from({ length: writers }, (_, index) => {
    const name = `w${index + 1}`;
    return new Writer(name, {
      client,
      ledger,
      random: new Random(seed, name),
      mailFolder: platform.mailFolder,
    }).run(load.signal);
  });
  // The first to fail is told at the end; nothing is left unhandled meanwhile.
  const loaded = Promise.all(running);
  loaded.catch(() => load.abort());

  for (const round of scheduleOf(seed, rounds)) {
    if (load.signal.aborted) break;
    await sleep(round.loadMs);
    say(`${String(round.number).padStart(4)}  ${describeFault(round.fault)}`);
    const injection = await inject(platform, round, client.tally);
    done += 1;
    if (injection.left) left.add(round.fault.kind);
    else injected[round.fault.kind] += 1;
    if (injection.wrote) {
      consumersHit += 1;
      say(`      it had written into ${injection.wrote.join(', ')}`);
    }
    troubles.push(...injection.troubles);
  }

  await platform.disk?.settled();
  const unready = await platform.unready(platform.patience);
  troubles.push(...unready.map(describeUnready));
  await sleep(1_000);
  load.abort();
  await loaded;
  say('The load has ended; waiting until every consumer has caught up.');
  troubles.push(...(await waitForQuiet(platform.postgres, platform.patience)));
  for (const { crashes } of Object.values(platform.services)) troubles.push(...crashes);
  if (client.tally.full > 0 && injected['fill-disk'] === 0) troubles.push('Files were refused for no reason');
  for (const [what, times] of client.tally.unexpected) troubles.push(`${what} (${times} times)`);

  const effects = await checkEffects(platform.postgres);
  /** What asks the services has no answer from one that is down, and the report is due all the same. */
  const attempt = <T>(what: string, check: Promise<T>): Promise<T | null> =>
    check.catch((error: unknown) => {
      troubles.push(`${what} could not be looked at: ${error}`);
      return null;
    });
  const integrity = await attempt('The integrity audit', checkIntegrity(platform));
  const findings = [
    ...(await checkAcknowledged(platform.postgres, ledger)),
    ...effects.findings,
    ...(integrity?.findings ?? []),
    ...(await checkDangling(platform.postgres)),
    ...((await attempt('The files', checkObjects(platform, ledger))) ?? []),
    ...((await attempt('A replay', checkReplay(platform))) ?? []),
  ];
  return {
    seed,
    rounds: done,
    injected,
    left: [...left],
    consumersHit,
    tally: client.tally,
    joins: ledger.members.length,
    counts: effects.counts,
    integrity: integrity && { examined: integrity.examined, kinds: integrity.kinds },
    findings,
    readyAgain: serviceNames.filter((name) => !unready.some(({ service }) => service === name)),
    troubles,
  };
}
