import { query, type Transaction } from '@hivesync/database';

/** What an answer says of a person beside the `id`, which stands before it in every schema. Each may be null. */
const told = ['display_name', 'avatar_url'] as const;

/**
 * Takes name and portrait of a deleted person out of at most `limit` answers that are kept for others, as a list shows
 * somebody deleted. The row stays, or a repeat would be carried out a second time. @returns how many were changed.
 *
 * Found as text, since an answer is kept as it was sent: between the id and what it tells no brace opens or closes an
 * object, and a quoted text has its quotes escaped. So whatever is found is changed, and is not found again. It reads
 * the whole table, which holds the answers of 24 h; the pattern, which is dear, only where the id occurs.
 */
export async function forgetInAnswers(tx: Transaction, id: string, limit: number): Promise<number> {
  const answers = await query<{ caller: string; key: string; response: string }>(
    tx,
    `select caller, key, response::text as response
       from idempotency_keys
      where case when strpos(response::text, $1) > 0 then response::text ~ $2 else false end
      limit $3
        for update`,
    [id, `"id":"${id}"[^{}]*"(${told.join('|')})":"`, limit],
  );
  await query(
    tx,
    `update idempotency_keys as kept
        set response = changed.response::json
       from unnest($1::text[], $2::text[], $3::text[]) as changed (caller, key, response)
      where kept.caller = changed.caller
        and kept.key = changed.key`,
    [
      answers.map(({ caller }) => caller),
      answers.map(({ key }) => key),
      answers.map(({ response }) => withoutNames(response, new Set([id]))),
    ],
  );
  return answers.length;
}

/**
 * An answer as it may be kept: without name and portrait of whoever is deleted here. A deletion that is heard of from
 * now on waits for the transaction, and finds what it kept.
 */
export async function withoutNamesOfDeleted(tx: Transaction, answer: string): Promise<string> {
  if (!told.some((field) => answer.includes(`"${field}":"`))) return answer;
  const people = new Set<string>();
  JSON.parse(answer, (_, value: unknown) => {
    if (isPerson(value)) people.add(value.id);
    return value;
  });
  if (people.size === 0) return answer;
  const deleted = await query<{ id: string }>(
    tx,
    `select person as id
       from unnest($1::uuid[]) as person
      where person_is_deleted(person)`,
    [[...people].sort()],
  );
  return deleted.length === 0 ? answer : withoutNames(answer, new Set(deleted.map(({ id }) => id)));
}

function withoutNames(answer: string, people: ReadonlySet<string>): string {
  return JSON.stringify(
    JSON.parse(answer, (_, value: unknown) =>
      isPerson(value) && people.has(value.id) ? { ...value, ...nothing(value) } : value,
    ),
  );
}

const nothing = (person: object) =>
  Object.fromEntries(told.filter((field) => field in person).map((field) => [field, null]));

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isPerson(value: unknown): value is { id: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    uuid.test(value.id) &&
    told.some((field) => field in value)
  );
}
