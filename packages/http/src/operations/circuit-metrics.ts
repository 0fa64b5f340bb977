import { type ServiceName, serviceNames } from '@hivesync/contracts';
import type { FastifyBaseLogger } from 'fastify';
import { Gauge, type Registry } from 'prom-client';

/** Which of the services that this one calls it leaves alone for the moment: for the log and for metrics. */
export class Circuits {
  readonly #logger: FastifyBaseLogger;
  readonly #open = new Map<ServiceName, boolean>();

  constructor(logger: FastifyBaseLogger) {
    this.#logger = logger;
  }

  readonly changed = (target: ServiceName, open: boolean): void => {
    this.#open.set(target, open);
    if (open) this.#logger.warn({ target }, 'circuit opened');
    else this.#logger.info({ target }, 'circuit closed');
  };

  measure(registry: Registry): void {
    const open = this.#open;
    new Gauge({
      name: 'service_call_circuit_open',
      help: '1 while calls of that service fail at once, since too many in a row had no answer',
      labelNames: ['target'],
      registers: [registry],
      collect() {
        for (const target of serviceNames) this.set({ target }, Number(open.get(target) ?? false));
      },
    });
  }
}
