import { ApiError, type FieldError, type FieldPath, type RequestPart } from '@hivesync/contracts';
import type { FastifyRequest } from 'fastify';
import { pointerToken } from '../errors/field-errors.ts';
import { malformedUrl } from '../errors/translate.ts';

/** Levels of a JSON body. Deeper ones serve nobody, and code that walks them by recursion would break. */
const deepest = 64;
const mostErrors = 20;

/**
 * Refuses what no text field may hold and PostgreSQL could not store: NUL and lone surrogates, in a value or in a
 * name, however they were escaped. Runs before a route's own schema.
 * @throws ApiError VALIDATION_FAILED
 */
export async function checkText(request: FastifyRequest): Promise<void> {
  const query = request.url.split('?').slice(1).join('?');
  if (query) decodable(query);
  const errors = [
    ...problemsOf('path', request.params),
    ...problemsOf('query', request.query),
    ...problemsOf('body', request.body),
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

interface Place {
  value: unknown;
  name: string;
  inside: Place | null;
  depth: number;
}

/** Without recursion: a body may be as deep as it is long. A path is spelled only where something is wrong. */
function problemsOf(part: RequestPart, root: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const queue: Place[] = [{ value: root, name: part, inside: null, depth: 0 }];
  for (let place = queue.pop(); place && errors.length < mostErrors; place = queue.pop()) {
    const { value, depth } = place;
    if (typeof value === 'string' && broken(value)) {
      errors.push({ path: pathOf(place), message: 'must not hold NUL or half of a surrogate pair' });
    } else if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
      if (depth > deepest)
        return [{ path: part, message: `must not be nested deeper than ${deepest} levels` }];
      for (const [name, item] of Object.entries(value)) {
        if (broken(name)) {
          errors.push({ path: pathOf(place), message: 'has a name with NUL or half of a surrogate pair' });
          break;
        }
        queue.push({ value: item, name, inside: place, depth: depth + 1 });
      }
    }
  }
  return errors;
}

function pathOf({ name, inside }: Place): FieldPath {
  return inside ? (`${pathOf(inside)}/${pointerToken(name)}` as FieldPath) : (name as RequestPart);
}
