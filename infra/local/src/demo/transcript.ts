/** One request of the journey. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  expect: number;
  /** An access token. */
  as?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer<Body = Json> {
  status: number;
  etag: string;
  body: Body;
}

/** JSON of an answer, walked with `field()`; the demo knows the API from outside, as any client does. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** An answer that the journey did not expect; it ends there. */
export class UnexpectedAnswerError extends Error {}

export interface Transcript {
  call(call: Call): Promise<Answer>;
  /** Repeats a GET, quietly, until its answer satisfies; then prints it. */
  until(call: Call, satisfies: (answer: Answer) => boolean, what: string): Promise<Answer>;
  /** Heads what follows. */
  say(line: string): void;
  /** A line of its own under the answer before. */
  note(line: string): void;
  /** Answers that were printed. */
  readonly steps: number;
}

/** Sends requests to `baseUrl` and prints each with its answer. @throws UnexpectedAnswerError */
export function transcript(baseUrl: string, print: (line: string) => void, deadlineMs = 15_000): Transcript {
  async function send(call: Call): Promise<Answer> {
    const response = await fetch(baseUrl + call.path, {
      method: call.method,
      headers: {
        ...(call.body !== undefined && { 'content-type': 'application/json' }),
        ...(call.as && { authorization: `Bearer ${call.as}` }),
        ...call.headers,
      },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      signal: AbortSignal.timeout(deadlineMs),
    });
    const text = await response.text();
    return { status: response.status, etag: response.headers.get('etag') ?? '', body: parsed(text) };
  }

  let steps = 0;
  function show(call: Call, answer: Answer): void {
    steps += 1;
    print(`${call.method} ${call.path} -> ${answer.status}`);
    for (const [name, value] of Object.entries(call.headers ?? {})) print(`    ${name}: ${value}`);
    if (call.body !== undefined) print(`  > ${compact(call.body)}`);
    if (answer.body !== null) print(`  < ${compact(answer.body)}`);
    if (answer.status !== call.expect) {
      throw new UnexpectedAnswerError(
        `${call.method} ${call.path} answered ${answer.status}, not ${call.expect}: ${JSON.stringify(answer.body)}`,
      );
    }
  }

  return {
    get steps() {
      return steps;
    },
    say: (line) => print(`\n# ${line}`),
    note: (line) => print(`    ${line}`),
    async call(call) {
      const answer = await send(call);
      show(call, answer);
      return answer;
    },
    async until(call, satisfies, what) {
      const begun = performance.now();
      for (;;) {
        const answer = await send(call);
        if (satisfies(answer)) {
          show(call, answer);
          print(`    ${what} after ${Math.round(performance.now() - begun)} ms`);
          return answer;
        }
        if (performance.now() - begun > deadlineMs) {
          throw new UnexpectedAnswerError(`${call.method} ${call.path}: not ${what} within ${deadlineMs} ms`);
        }
        await new Promise((done) => setTimeout(done, 250));
      }
    },
  };
}

/**
 * What stands at a path of names and indexes in an answer.
 * @throws UnexpectedAnswerError where nothing does
 */
export function field(json: Json, ...path: (string | number)[]): Json {
  let at: Json | undefined = json;
  for (const step of path) {
    at = Array.isArray(at) ? at[Number(step)] : isObject(at) ? at[String(step)] : undefined;
    if (at === undefined) throw new UnexpectedAnswerError(`the answer has no ${path.join('.')}`);
  }
  return at;
}

export const text = (json: Json, ...path: (string | number)[]): string => String(field(json, ...path));
export function list(json: Json, ...path: (string | number)[]): Json[] {
  const found = field(json, ...path);
  if (!Array.isArray(found)) throw new UnexpectedAnswerError(`${path.join('.')} is no list`);
  return found;
}

const isObject = (json: Json | undefined): json is { [name: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

function parsed(body: string): Json {
  if (body === '') return null;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

const lineWidth = 400;

/** One line; secrets are cut to their beginning, long answers to their width. */
function compact(value: unknown): string {
  const line = JSON.stringify(value, (name, member: unknown) =>
    typeof member === 'string' && /token|password/.test(name) ? `${member.slice(0, 6)}…` : member,
  );
  return line.length > lineWidth ? `${line.slice(0, lineWidth)}… (${line.length} characters)` : line;
}
