import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atFileEnd } from '@hivesync/testing';
import { expect } from 'vitest';

export interface Mailbox {
  /** For MAIL_FOLDER. */
  folder: string;
  /** Mails to an address so far, oldest first. */
  mailsTo(email: string): string[];
  /** The token of the link that an address got last; waits for it. */
  tokenFor(email: string): Promise<string>;
}

/** The folder that mails of development are put into, as their owners read it. It goes when the test file ends. */
export function mailbox(): Mailbox {
  const folder = mkdtempSync(join(tmpdir(), 'hivesync-mail-'));
  atFileEnd(() => rmSync(folder, { recursive: true }));
  const mailsTo = (email: string) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.txt'))
      .sort()
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .filter((mail) => mail.startsWith(`To: ${email}\n`));
  return {
    folder,
    mailsTo,
    tokenFor: async (email) => {
      await expect.poll(() => mailsTo(email).length, { timeout: 15_000 }).toBeGreaterThan(0);
      return /#token=([\w-]+)$/m.exec(mailsTo(email).at(-1)!)![1]!;
    },
  };
}
