import { type ApiError, type ErrorCode, errorCatalogue, type FieldPath } from '@hivesync/contracts';
import { type Static, Type } from 'typebox';

/** RFC 9457 problem document, as every error of every service is answered. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ format: 'uri', description: 'Identifies the kind of problem; follows from `code`' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.Optional(Type.String()),
    instance: Type.String({ description: 'Path of the request' }),
    code: Type.Unsafe<ErrorCode>({
      type: 'string',
      description: 'Stable; see the catalogue of error codes',
    }),
    request_id: Type.String(),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.Unsafe<FieldPath>({
            type: 'string',
            description:
              '`body`, `query`, `path` or `header`, and the place in it: `body/updates/3/title`, `query/limit`, `path/task_id`, `header/if-match`. After `body` follows a JSON Pointer',
          }),
          message: Type.String(),
        }),
      ),
    ),
  },
  { $id: 'Problem', additionalProperties: true },
);
export type Problem = Static<typeof ProblemSchema> & Record<string, unknown>;

export const problemType = 'application/problem+json';

/** The problem document for an error; `url` is the request's, whose query is left out. */
export function problemOf(error: ApiError, request: { id: string; url: string }): Problem {
  const [, title] = errorCatalogue[error.code];
  return {
    ...error.members,
    type: `https://hivesync.dev/problems/${error.code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status: error.status,
    ...(error.detail !== undefined && { detail: error.detail }),
    instance: request.url.split('?', 1)[0] ?? '/',
    code: error.code,
    request_id: request.id,
    ...(error.errors !== undefined && { errors: error.errors }),
  };
}
