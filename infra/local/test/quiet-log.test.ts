import { expect, test } from 'vitest';
import { QuietLog } from '../src/quiet-log.ts';
import { inWords, logLevelOf } from '../src/terminal-log.ts';

const line = (level: string, msg: string) =>
  `${JSON.stringify({ level, time: '2026-01-02T03:04:05.678Z', service: 'audit', msg })}\n`;

test('warnings are held while starting, dropped once all runs, shown while running and not while stopping', () => {
  const shown: string[] = [];
  const log = new QuietLog({ write: (text: string) => shown.push(text) });
  log.write(line('warn', 'waiting'));
  log.write(line('error', 'broken'));
  log.started();
  log.write(line('warn', 'slow'));
  log.stopping();
  log.write(line('warn', 'gone'));
  log.write(line('fatal', 'lost'));
  expect(shown).toEqual([line('error', 'broken'), line('warn', 'slow'), line('fatal', 'lost')]);
});

test('a start that fails shows what was held back', () => {
  const shown: string[] = [];
  const log = new QuietLog({ write: (text: string) => shown.push(text) });
  log.write(line('warn', 'waiting'));
  log.failed();
  expect(shown).toEqual([line('warn', 'waiting')]);
});

test('a line is put in words, with the reasons of an error and without its stack', () => {
  const err = { message: 'outer', code: 'X', stack: 'at secret', cause: { message: 'inner' } };
  const words = inWords(
    JSON.stringify({ ...JSON.parse(line('warn', 'failed')), err, request_id: 'r', source: 'identity' }),
  );
  expect(words).toBe('03:04:05 WARN  audit    failed source=identity outer (X): inner');
});

test('a log level is one of pino’s; without one, warnings', () => {
  expect(logLevelOf(undefined)).toBe('warn');
  expect(logLevelOf('debug')).toBe('debug');
  expect(() => logLevelOf('loud')).toThrow(RangeError);
});
