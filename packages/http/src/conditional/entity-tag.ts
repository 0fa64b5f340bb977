import { createHash } from 'node:crypto';

/**
 * Entity tags are `"<version>"` or `"<version>.<hash of the answer>"`, and a proxy that encodes an answer adds
 * `.<coding>`: `"3"`, `"3.Vq0f3xkP7bYtQm2A"`, `"3.Vq0f3xkP7bYtQm2A.gzip"`. The version is what `If-Match` looks at,
 * the hash what `If-None-Match` does (RFC 9110 section 8.8.3; ADR 20).
 */
interface EntityTag {
  weak: boolean;
  opaque: string;
}

export type TagList = '*' | readonly EntityTag[];

const bytesOfHash = 16;

/** What of a resource a change goes by: its version, or the id of one that never changes. */
export type Version = number | string;

/** The strong tag of a version, whatever its answers show besides. */
export const versionTag = (version: Version): string => `"${version}"`;

/** The strong tag of one answer. */
export function answerTag(version: number, payload: string): string {
  const hash = createHash('sha256').update(payload).digest('base64url').slice(0, bytesOfHash);
  return `"${version}.${hash}"`;
}

/** Whether any of these tags is a strong one of this version (RFC 9110 section 13.1.1). */
export function namesVersion(tags: TagList, version: Version): boolean {
  return tags === '*' || tags.some(({ weak, opaque }) => !weak && opaque.split('.', 1)[0] === `${version}`);
}

/**
 * Of the tags of `If-None-Match`, the one of this answer, in whatever coding the caller keeps it; null where there is
 * none. Compared weakly (RFC 9110 section 13.1.2).
 */
export function tagOfSame(tags: TagList, tag: string): string | null {
  if (tags === '*') return tag;
  const opaque = tag.slice(1, -1);
  const same = tags.find((one) => one.opaque === opaque || one.opaque.startsWith(`${opaque}.`));
  return same ? `"${same.opaque}"` : null;
}

const separators = /[\t ,]*/y;
const element = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/y;
const end = /[\t ]*(?:,|$)/y;

/** The tags of `If-Match` or `If-None-Match`; null for what is neither `*` nor a list of one tag or more. */
export function parseTags(header: string): TagList | null {
  if (header.trim() === '*') return '*';
  const tags: EntityTag[] = [];
  for (let at = after(separators, header, 0) ?? 0; at < header.length; ) {
    element.lastIndex = at;
    const [text, weak, opaque] = element.exec(header) ?? [];
    const next = text === undefined ? null : after(end, header, at + text.length);
    if (next === null || opaque === undefined) return null;
    tags.push({ weak: weak !== undefined, opaque });
    at = after(separators, header, next) ?? next;
  }
  return tags.length > 0 ? tags : null;
}

/** Where a sticky pattern ends that begins at `at`; null where it does not match. */
function after(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  const [match] = pattern.exec(text) ?? [];
  return match === undefined ? null : at + match.length;
}
