import type { LogLevel } from '@hivesync/http';

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** @throws RangeError for a level that is none; without one, warnings and worse are shown. */
export function logLevelOf(value: string | undefined): LogLevel {
  const level = levels.find((one) => one === (value || 'warn'));
  if (!level) throw new RangeError(`LOG_LEVEL must be one of ${levels.join(', ')}, not ${value}`);
  return level;
}

/** The services' JSON lines as a person reads them: time, level, service, message, and what went wrong in short. */
export const terminalLog = {
  write(line: string): void {
    process.stderr.write(`${inWords(line)}\n`);
  },
};

/** One line in words. @throws SyntaxError where it is no JSON */
export function inWords(line: string): string {
  const { time, level, service, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(rest)
    .filter(([name]) => name !== 'request_id')
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const clock = String(time).slice(11, 19);
  const words = [
    clock,
    String(level).toUpperCase().padEnd(5),
    String(service).padEnd(8),
    msg,
    ...details,
    reason(err),
  ];
  return words.filter(Boolean).join(' ');
}

function reason(error: unknown): string {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return '';
  const { message, code, cause } = error as Record<string, unknown>;
  const own = [message, code && `(${String(code)})`].filter(Boolean).join(' ');
  return [own, reason(cause)].filter(Boolean).join(': ');
}
