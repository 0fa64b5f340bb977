import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MailError, type MailTransport } from './mail-transport.ts';

/**
 * For development: each mail is a file, `<id>.txt`, with `To:` and `Subject:` before an empty line and the text. The
 * ids are UUIDv7, so that names sort by time. Written beside and moved: a file is whole, and a repeat replaces it.
 */
export function fileTransport(folder: string): MailTransport {
  return {
    name: 'file',
    async send({ id, to, subject, text }, signal) {
      signal.throwIfAborted();
      const file = join(folder, `${id}.txt`);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(`${file}.part`, `To: ${to}\nSubject: ${subject}\n\n${text}`, { mode: 0o600 });
        await rename(`${file}.part`, file);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
        throw new MailError(code, { final: false });
      }
    },
  };
}
