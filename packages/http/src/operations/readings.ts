import { Gauge, type Registry } from 'prom-client';
import { within } from './deadline.ts';

/** What a scrape waits. */
const deadlineMs = 1_000;
/** Longer than the role's `statement_timeout`: what has not answered by then never will, and holds up no other. */
const givenUpMs = 40_000;

/** A value, with those of its gauge's labels. */
export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

export interface ReadGauge<T> {
  help: string;
  /** Of few values each, known beforehand: every one is a time series. */
  labels?: readonly string[];
  tell(read: T): number | readonly Sample[];
}

type Read<T> = () => Promise<T | undefined>;

/**
 * Gauges whose values have to be asked for. Those of one reading share it: it is made once a scrape. Readings are made
 * one after the other, however many scrape and however long it takes, so that they never use more than one connection;
 * and after all that is known already was told, so that they do not show in it. One that fails, or is not made within
 * a second of the scrape, leaves its gauges absent, the scrape as a whole whole, and `metrics_reading_up` at 0.
 */
export class Readings {
  readonly #registry: Registry;
  readonly #all = new Map<string, Read<unknown>>();
  #latest: Promise<unknown> = Promise.resolve();

  constructor(registry: Registry) {
    this.#registry = registry;
    const all = this.#all;
    new Gauge({
      name: 'metrics_reading_up',
      help: '1 where what a group of metrics is read from answered this scrape; 0: they are absent',
      labelNames: ['reading'],
      registers: [registry],
      async collect() {
        const known = async ([reading, read]: [string, Read<unknown>]) => {
          this.set({ reading }, Number((await read()) !== undefined));
        };
        await Promise.all([...all].map(known));
      },
    });
  }

  /** @returns what reads it, undefined where that does not succeed; `read` must not answer undefined itself */
  add<T>(reading: string, read: () => Promise<T>, gauges: Readonly<Record<string, ReadGauge<T>>>): Read<T> {
    const shared = this.#inTurn(read);
    this.#all.set(reading, shared);
    for (const [name, { help, labels = [], tell }] of Object.entries(gauges)) {
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [this.#registry],
        async collect() {
          const known = await shared();
          if (labels.length > 0) this.reset();
          else this.remove();
          if (known === undefined) return;
          const told = tell(known);
          if (typeof told === 'number') this.set(told);
          else for (const { labels: of, value } of told) this.set({ ...of }, value);
        },
      });
    }
    return shared;
  }

  #inTurn<T>(read: () => Promise<T>): Read<T> {
    let underWay: Promise<T> | undefined;
    const turn = async (former: Promise<unknown>) => {
      try {
        await former;
        return await within(givenUpMs, read());
      } finally {
        underWay = undefined;
      }
    };
    return () => {
      if (!underWay) {
        underWay = turn(this.#latest);
        this.#latest = underWay.catch(() => undefined);
      }
      // Told by `metrics_reading_up`: a line in the log for each scrape would be no help.
      return within(deadlineMs, underWay).catch(() => undefined);
    };
  }
}
