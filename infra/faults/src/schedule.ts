import { type ServiceName, serviceNames, userRegistered } from '@hivesync/contracts';
import { consumers } from '@hivesync/local/events';
import { Random } from './random.ts';

export type Fault =
  /** SIGKILL, and a new process `downMs` later. */
  | { kind: 'kill'; service: ServiceName; downMs: number }
  /** SIGKILL while its consumer stands between the effect of events and the commit that moves its cursor. */
  | { kind: 'kill-consumer'; service: ServiceName; downMs: number }
  /** SIGSTOP for so long: it holds its connections and locks, and answers nobody. */
  | { kind: 'pause'; service: ServiceName; pausedMs: number }
  /** `pg_terminate_backend` of every connection of the service: its transactions end between effect and commit. */
  | { kind: 'cut'; service: ServiceName }
  /** PostgreSQL is stopped in order, or all its processes lose their parent; and is started again. */
  | { kind: 'stop-postgres' | 'kill-postgres'; downMs: number }
  /** No byte is free for so long where files are kept. */
  | { kind: 'fill-disk'; fullMs: number }
  /** Tokens of a caller whose clock is off: within the tolerance they are taken, beyond it refused. */
  | { kind: 'skew'; service: ServiceName; caller: ServiceName };

export type FaultKind = Fault['kind'];

export interface Round {
  number: number;
  /** How long the load runs before the fault. */
  loadMs: number;
  fault: Fault;
}

/** How often each kind comes; the dear ones less. */
const weights: Record<FaultKind, number> = {
  kill: 46,
  'kill-consumer': 10,
  cut: 10,
  pause: 10,
  'fill-disk': 8,
  skew: 8,
  'stop-postgres': 4,
  'kill-postgres': 4,
};

export const faultKinds = Object.keys(weights) as FaultKind[];

/** Services on which the load has an effect through events: a deletion alone, of which others hear, is too rare. */
const concerned = serviceNames.filter(
  (service) => service === 'identity' || consumers[service].handlersOf(userRegistered.type).length > 0,
);

/** What is done to the platform, and when: it follows from the seed alone. Each kind comes once before any comes again. */
export function scheduleOf(seed: number, rounds: number): Round[] {
  const random = new Random(seed, 'schedule');
  const first = shuffled(faultKinds, random);
  return Array.from({ length: rounds }, (_, index) => ({
    number: index + 1,
    loadMs: random.between(250, 900),
    fault: faultOf(first[index] ?? random.weighted(weights), random),
  }));
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.between(0, left.length - 1), 1)[0]!);
}

function faultOf(kind: FaultKind, random: Random): Fault {
  const service = random.pick(serviceNames);
  switch (kind) {
    case 'kill':
      return { kind, service, downMs: random.between(0, 400) };
    case 'kill-consumer':
      return { kind, service: random.pick(concerned), downMs: random.between(0, 400) };
    case 'pause':
      return { kind, service, pausedMs: random.between(1_000, 4_000) };
    case 'cut':
      return { kind, service };
    case 'fill-disk':
      return { kind, fullMs: random.between(300, 3_000) };
    case 'skew':
      return { kind, service, caller: random.pick(serviceNames.filter((name) => name !== service)) };
    default:
      return { kind, downMs: random.between(0, 500) };
  }
}

/** One line for the report. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
      return `kill -9 ${fault.service}, back after ${fault.downMs} ms`;
    case 'kill-consumer':
      return `kill -9 ${fault.service} with an event applied and not committed, back after ${fault.downMs} ms`;
    case 'pause':
      return `${fault.service} stands still for ${fault.pausedMs} ms`;
    case 'cut':
      return `connections of ${fault.service} are cut`;
    case 'fill-disk':
      return `the disk of the files is full for ${fault.fullMs} ms`;
    case 'skew':
      return `${fault.caller} calls ${fault.service} with its clock off`;
    case 'stop-postgres':
      return `PostgreSQL is stopped for ${fault.downMs} ms`;
    case 'kill-postgres':
      return `PostgreSQL is killed, back after ${fault.downMs} ms`;
  }
}
