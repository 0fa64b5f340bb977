const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const isIdField = (name: string): boolean => name === 'id' || name.endsWith('_id');

/**
 * Brings the ids in a validated request into the one spelling that PostgreSQL answers with. RFC 9562, section 4,
 * lets a client send upper case; comparing that to an id of ours as text would call one person two.
 */
export function lowerCaseIds(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) lowerCaseIds(item);
  } else if (isRecord(value)) {
    for (const [name, field] of Object.entries(value)) {
      if (typeof field !== 'string') lowerCaseIds(field);
      else if (isIdField(name) && uuid.test(field)) value[name] = field.toLowerCase();
    }
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
