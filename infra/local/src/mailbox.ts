import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The token of the link that was mailed to an address last, from the folder where mails are files; undefined while
 * there is none.
 */
export function mailedToken(folder: string, email: string): string | undefined {
  for (const name of mailsIn(folder)) {
    const mail = readFileSync(join(folder, name), 'utf8');
    if (mail.startsWith(`To: ${email}\n`)) return /#token=([\w-]+)/.exec(mail)?.[1];
  }
  return undefined;
}

/** Newest first; none where nothing was sent yet. */
function mailsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.txt'))
      .sort()
      .reverse();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
