import type { UserId } from '@hivesync/contracts';

const mention = /@\[([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\]/gi;

/** At most this many people are told of one comment; further names are text. */
const most = 50;

/** The ids in `@[<user_id>]`, each once, in lower case. Whether they are members is for the caller to ask. */
export function mentionedIn(body: string): UserId[] {
  const ids = [...body.matchAll(mention)].map(([, id]) => id!.toLowerCase() as UserId);
  return [...new Set(ids)].slice(0, most);
}
