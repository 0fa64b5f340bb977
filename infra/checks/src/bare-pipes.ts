import { parseSync, Visitor } from 'oxc-parser';
import type { SourceFile, Violation } from './boundaries.ts';

const message =
  '.pipe() passes no error on, and one that nobody listens for ends the process: use pipeline of node:stream';

/** Every `.pipe(...)` of one file. Throws where the file does not parse. */
export function barePipesOf({ path, text }: SourceFile): Violation[] {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const found: Violation[] = [];
  new Visitor({
    CallExpression({ callee }) {
      if (callee.type !== 'MemberExpression') return;
      const { property } = callee;
      const name = property.type === 'Identifier' ? property.name : 'value' in property && property.value;
      if (name === 'pipe')
        found.push({ path, line: text.slice(0, property.start).split('\n').length, message });
    },
  }).visit(program);
  return found;
}
