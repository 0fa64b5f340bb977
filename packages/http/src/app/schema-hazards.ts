import type { FastifyInstance } from 'fastify';

const hazards: Readonly<Record<string, string>> = {
  uniqueItems:
    'explaining it takes time by the square of the items: give maxItems, and take each once in code',
  patternProperties: 'it passes over names with a line break, which vanish from answers: use FreeNames',
};

/**
 * Lets no route start whose schemas are slow to explain or lose names. Register it before any route.
 * @throws Error naming route, place and remedy
 */
export function refuseHazards(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, schema }) => {
    const [found] = hazardsIn(schema);
    if (found) throw new Error(`${method} ${url}: ${found}`);
  });
}

function hazardsIn(schema: unknown, at = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, inside]) =>
    name in hazards ? [`${at}/${name}: ${hazards[name]}`] : hazardsIn(inside, `${at}/${name}`),
  );
}
