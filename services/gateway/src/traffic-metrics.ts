import { Counter, Gauge, type Registry } from 'prom-client';
import type { Traffic } from './forwarding.ts';

/** What is under way at the gateway, and what was refused because too much was. */
export function trafficMetrics(registry: Registry, { upstreams, intake, shares }: Traffic): void {
  const registers = [registry];
  new Gauge({
    name: 'gateway_upstream_requests',
    help: 'Requests to a service by kind: those that have a connection (busy), and those that wait for one',
    labelNames: ['upstream', 'kind', 'state'],
    registers,
    collect() {
      for (const [upstream, { state }] of upstreams) {
        for (const kind of ['calls', 'streams'] as const) {
          this.set({ upstream, kind, state: 'busy' }, state[kind].busy);
          this.set({ upstream, kind, state: 'waiting' }, state[kind].waiting);
        }
      }
    },
  });
  new Gauge({
    name: 'gateway_circuit_open',
    help: '1 while a service is left alone because it gave no answers, or is being tried again; else 0',
    labelNames: ['upstream'],
    registers,
    collect() {
      for (const [upstream, { state }] of upstreams)
        this.set({ upstream }, Number(state.circuit !== 'closed'));
    },
  });
  new Gauge({
    name: 'gateway_body_bytes',
    help: 'Bytes of request bodies in memory',
    registers,
    collect() {
      this.set(intake.bytes);
    },
  });
  new Counter({
    name: 'gateway_overloads_total',
    help: 'Requests refused because no connection to the service was free (503 OVERLOADED)',
    labelNames: ['upstream', 'kind'],
    registers,
    collect() {
      this.reset();
      for (const [upstream, { state }] of upstreams) {
        for (const kind of ['calls', 'streams'] as const) this.inc({ upstream, kind }, state[kind].refused);
      }
    },
  });
  new Counter({
    name: 'gateway_too_many_at_once_total',
    help: 'Requests refused because their caller had too many under way (429 TOO_MANY_AT_ONCE)',
    registers,
    collect() {
      this.reset();
      this.inc(shares.refused + intake.refused);
    },
  });
}
