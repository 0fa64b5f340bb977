import { Counter, Gauge, type Registry } from 'prom-client';
import type { BackgroundWork, Lifecycle } from '../lifecycle/lifecycle.ts';

/** What an app does again and again in the background, by its name in the code. */
export function workMetrics(registry: Registry, lifecycle: Lifecycle): void {
  const register = { labelNames: ['work'], registers: [registry] };
  const count = (name: string, help: string, told: 'runs' | 'failures') =>
    new Counter({
      name,
      help,
      ...register,
      collect() {
        this.reset();
        for (const { work, ...of } of lifecycle.works()) this.inc({ work }, of[told]);
      },
    });
  const gauge = (name: string, help: string, tell: (work: BackgroundWork) => number) =>
    new Gauge({
      name,
      help,
      ...register,
      collect() {
        for (const work of lifecycle.works()) this.set({ work: work.work }, tell(work));
      },
    });
  count('background_work_runs_total', 'Turns that this process has ended, failed ones included', 'runs');
  count('background_work_failures_total', 'Turns that failed', 'failures');
  gauge(
    'background_work_consecutive_failures',
    'Turns that failed since the last one that did not',
    ({ consecutiveFailures }) => consecutiveFailures,
  );
  gauge(
    'background_work_last_success_timestamp_seconds',
    'When a turn last ended well; until one has, when the process began with it',
    ({ lastSuccess }) => lastSuccess / 1_000,
  );
  gauge('background_work_interval_seconds', 'From one turn to the next', ({ seconds }) => seconds);
  gauge('background_work_running', '1 while a turn is under way', ({ running }) => Number(running));
}
