import { ApiError, type FieldError } from '@hivesync/contracts';
import type { FastifyRequest } from 'fastify';
import { malformedUrl } from '../errors/translate.ts';

/** Levels of a JSON body. Deeper ones serve nobody, and code that walks them by recursion would break. */
const deepest = 64;

/**
 * Refuses what no text field may hold and PostgreSQL could not store: NUL and lone surrogates, in a value or in a
 * name, however they were escaped. Runs before a route's own schema.
 * @throws ApiError VALIDATION_FAILED
 */
export async function checkText(request: FastifyRequest): Promise<void> {
  const query = request.url.split('?').slice(1).join('?');
  if (query) decodable(query);
  const errors = [
    ...problemsOf(request.params, ''),
    ...problemsOf(request.query, ''),
    ...problemsOf(request.body, '/'),
  ];
  if (errors.length > 0) throw new ApiError('VALIDATION_FAILED', { errors });
}

function decodable(query: string): void {
  try {
    decodeURIComponent(query);
  } catch {
    // The query parser would take the text as it is, so the caller would be misunderstood.
    throw malformedUrl('The query is not well-formed percent-encoded UTF-8.');
  }
}

const broken = (text: string): boolean => text.includes('\u0000') || !text.isWellFormed();

/** Without recursion: a body may be as deep as it is long. */
function problemsOf(root: unknown, prefix: '' | '/'): FieldError[] {
  const errors: FieldError[] = [];
  const queue: { value: unknown; path: string; depth: number }[] = [{ value: root, path: '', depth: 0 }];
  for (let next = queue.pop(); next && errors.length < 20; next = queue.pop()) {
    const { value, path, depth } = next;
    if (typeof value === 'string' && broken(value)) {
      errors.push({ path, message: 'must not hold NUL or half of a surrogate pair' });
    } else if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
      if (depth > deepest) return [{ path: '', message: `must not be nested deeper than ${deepest} levels` }];
      for (const [name, item] of Object.entries(value)) {
        const at = depth === 0 ? `${prefix}${name}` : `${path}/${name}`;
        if (broken(name)) errors.push({ path, message: 'has a name with NUL or half of a surrogate pair' });
        else queue.push({ value: item, path: at, depth: depth + 1 });
      }
    }
  }
  return errors;
}
