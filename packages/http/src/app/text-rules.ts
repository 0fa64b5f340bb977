import { ApiError, type FieldError, type FieldPath, type RequestPart } from '@hivesync/contracts';
import type { FastifyRequest } from 'fastify';
import { pointerToken } from '../errors/field-errors.ts';
import { malformedUrl } from '../errors/translate.ts';

/** Levels of a JSON body. Deeper ones serve nobody, and code that walks them by recursion would break. */
const deepest = 64;
const mostErrors = 20;

/**
 * Refuses what could not be stored, or only as something else: NUL and lone surrogates, in a value or in a name,
 * however they were escaped; numbers beyond all bounds (`1e400`); integers that lose their last digits (over 2^53 - 1),
 * which belong into text. A fraction is the nearest that IEEE 754 has, as RFC 8259 section 6 expects. Runs after a
 * route's own schema, so that what is walked is no larger than that allows.
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

/** RFC 7493 section 2.2 */
const storable = (number: number): boolean =>
  Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));

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
    if (typeof value === 'number' && !storable(value)) {
      errors.push({ path: pathOf(place), message: 'is a number that would be stored as another one' });
    } else if (typeof value === 'string' && broken(value)) {
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
