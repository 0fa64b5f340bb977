import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortRow } from '@hivesync/local';
import { atFileEnd } from '@hivesync/testing';
import { vi } from 'vitest';

export interface Alert {
  labels: Record<string, string>;
  state: 'pending' | 'firing';
}

/** Prometheus as it is deployed, which asks every two seconds. */
export interface Prometheus {
  alerts(): Promise<Alert[]>;
  /** How many targets have answered. */
  asked(): Promise<number>;
}

/** Whether a program is on the path and runs. */
export function found(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @param rules the text of a file of rules */
export async function prometheus(rules: string, targets: readonly string[]): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'hivesync-prometheus-'));
  atFileEnd(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'rules.yml'), rules);
  writeFileSync(
    join(folder, 'prometheus.yml'),
    JSON.stringify({
      global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '1s' },
      rule_files: ['rules.yml'],
      scrape_configs: [{ job_name: 'hivesync', static_configs: [{ targets }] }],
    }),
  );
  const at = `127.0.0.1:${await freePortRow(1)}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${at}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const gone = once(child, 'exit');
  atFileEnd(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  const read = async <Data>(path: string): Promise<Data> => {
    const answer = await fetch(`http://${at}/api/v1/${path}`);
    const { data } = (await answer.json()) as { data: Data };
    return data;
  };
  const alerts = async () =>
    (await read<{ alerts: Alert[] }>('alerts')).alerts.map(({ labels, state }) => ({ labels, state }));
  const asked = async () => {
    const { activeTargets } = await read<{ activeTargets: { health: string }[] }>('targets');
    return activeTargets.filter(({ health }) => health === 'up').length;
  };
  await vi.waitFor(alerts, { timeout: 30_000 });
  return { alerts, asked };
}
