import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '../../../..');
const document = readFileSync(resolve(repository, 'docs/operations.md'), 'utf8');

const codeSpans = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);

/** The table of docs/operations.md that begins with this cell: its rows, each a list of cells. */
export function tableOf(firstCell: string): string[][] {
  const lines = document.split('\n');
  const head = lines.findIndex((line) => line.startsWith(`| ${firstCell} |`));
  const length = lines.slice(head).findIndex((line) => !line.startsWith('|'));
  if (head < 0 || length < 0) throw new Error(`docs/operations.md has no table of ${firstCell}`);
  return lines.slice(head + 2, head + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

export interface SourceMessage {
  level: string;
  message: string;
  file: string;
}

/** Every message that the services' code gives to a log, found in their sources. */
export function sourceMessages(): SourceMessage[] {
  const files = globSync(['packages/{clients,events,http,objects}/src/**/*.ts', 'services/*/src/**/*.ts'], {
    cwd: repository,
  });
  return files.flatMap((file) => {
    const text = readFileSync(resolve(repository, file), 'utf8');
    return [...text.matchAll(/\b(?:log|logger)\.(debug|info|warn|error|fatal)\(/g)].flatMap((call) => {
      const given = lastArgument(text, call.index + call[0].length);
      const messages = [...given.matchAll(/'([^']+)'/g)].map(([, message]) => message!);
      if (messages.length === 0) throw new Error(`${file} logs what is no literal: ${given}`);
      return messages.map((message) => ({ level: call[1]!, message, file }));
    });
  });
}

/** Of a call whose first argument begins there. */
function lastArgument(text: string, from: number): string {
  let depth = 0;
  let begin = from;
  for (let at = from; ; at += 1) {
    const character = text[at]!;
    if ('([{'.includes(character)) depth += 1;
    else if (character === ',' && depth === 0 && !/^,\s*\)/.test(text.slice(at))) begin = at + 1;
    else if (')]}'.includes(character)) {
      if (depth === 0) return text.slice(begin, at);
      depth -= 1;
    }
  }
}

/**
 * The messages that operators are told to search for: those of the table, and any other that the text names. One of a
 * single word is left out there, as such words stand for other things too.
 */
export function documentedMessages(): string[] {
  const table = tableOf('`msg` to search for').flatMap(([cell]) => codeSpans(cell!));
  const known = new Set(sourceMessages().flatMap(({ message }) => (message.includes(' ') ? [message] : [])));
  return [...new Set([...table, ...codeSpans(document).filter((span) => known.has(span))])];
}
