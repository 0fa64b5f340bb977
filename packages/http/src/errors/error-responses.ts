import { type ErrorCode, errorCatalogue } from '@hivesync/contracts';
import { ProblemSchema, problemType } from './problem.ts';

export interface ProblemResponse {
  description: string;
  content: { 'application/problem+json': { schema: typeof ProblemSchema } };
}

/**
 * The `response` entries of a route for the errors that it can answer, by status. Those that the app itself
 * answers (401, 403 and 400 where there is something to validate) are documented without being named.
 */
export function errorResponses<Code extends ErrorCode>(
  ...codes: Code[]
): Record<(typeof errorCatalogue)[Code][0], ProblemResponse> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const [status] = errorCatalogue[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, named]): [number, ProblemResponse] => [
      status,
      { description: named.join(', '), content: { [problemType]: { schema: ProblemSchema } } },
    ]),
  ) as Record<(typeof errorCatalogue)[Code][0], ProblemResponse>;
}
