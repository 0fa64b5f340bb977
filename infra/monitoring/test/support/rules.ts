import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const rulesFile = fileURLToPath(new URL('../../alerts.yml', import.meta.url));
const text = readFileSync(rulesFile, 'utf8');

export const alertNames = [...text.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name!);

/** The rules, to be told at once: everything as it stands but for how long it has to be so. */
export const impatientRules = text.replace(/^( +for:) .*$/gm, '$1 0s');

/** Names with an underscore that stand in expressions, outside of label matchers and lists of labels: metrics. */
export function metricsInRules(): string[] {
  const expressions = [...text.matchAll(/^ +expr: (\||.*)((?:\n {10,}.*)*)$/gm)].map(
    ([, first, more]) => `${first}${more}`,
  );
  if (expressions.length !== alertNames.length)
    throw new Error('an alert has no expression that is understood');
  const names = expressions.flatMap((expression) =>
    expression
      .replaceAll(/\{[^}]*\}|\b(?:by|on|ignoring|without) \([^)]*\)/g, '')
      .match(/\b[a-z]+(?:_[a-z0-9]+)+\b(?! ?\()/g),
  );
  return [...new Set(names.filter((name) => name !== null))];
}
