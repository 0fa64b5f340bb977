import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import type { Attached, Entry, Ledger } from './ledger.ts';
import type { Random } from './random.ts';

const largestBytes = 100_000;
/** The limit of the free tier, less one: an upload that was cut off still counts for a while. */
const mostOnTask = 4;
const fullPauseMs = 200;

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** What one writer does with files on tasks: uploads and attaches, downloads and compares, takes off. */
export class Attachments {
  readonly #client: Client;
  readonly #ledger: Ledger;
  readonly #random: Random;
  /** Attached by an answer, with the id that was answered. */
  readonly #attached = new Map<Attached, string>();

  constructor(parts: { client: Client; ledger: Ledger; random: Random }) {
    this.#client = parts.client;
    this.#ledger = parts.ledger;
    this.#random = parts.random;
  }

  /** Three calls: a URL to upload to, the bytes, and the row. While there is no room, the bytes are sent again. */
  async add(task: Entry, token: string, signal: AbortSignal): Promise<void> {
    const onTask = this.#ledger.attachments.filter((one) => one.task === task && one.state !== 'out');
    if (onTask.length >= mostOnTask) return;
    const bytes = this.#bytes();
    const record: Attached = { task, key: null, sha256: sha256(bytes), state: 'unknown' };
    this.#ledger.attachments.push(record);
    const path = `/api/v1/tasks/${task.id}/attachments`;
    const granted = await this.#client.create(
      {
        service: 'projects',
        method: 'POST',
        path: `${path}/uploads`,
        token,
        body: { name: `${task.tag}.bin`, size_bytes: bytes.length },
      },
      signal,
    );
    if (!granted.known || !granted.body.object_key || !granted.body.upload_url) return;
    record.key = granted.body.object_key;
    if (!(await this.#upload(granted.body.upload_url, bytes, signal))) return;
    const attached = await this.#client.create(
      { service: 'projects', method: 'POST', path, token, body: { object_key: record.key } },
      signal,
    );
    if (!attached.known || attached.status !== 201 || !attached.body.id) return;
    record.state = 'in';
    this.#attached.set(record, attached.body.id);
  }

  /** Whole and as it was sent, or a finding of the run. */
  async download(task: Entry, token: string, signal: AbortSignal): Promise<void> {
    const chosen = this.#pick(task);
    if (!chosen) return;
    const path = `/api/v1/tasks/${task.id}/attachments/${chosen.id}/download`;
    const found = await this.#client.repeat({ service: 'projects', method: 'GET', path, token }, signal);
    if (!found.known || !found.body.url) return;
    const file = await this.#client.repeat(
      { service: 'projects', method: 'GET', path: pathOf(found.body.url) },
      signal,
    );
    if (!file.known || file.status !== 200 || sha256(file.bytes) === chosen.record.sha256) return;
    const { unexpected } = this.#client.tally;
    const what = `${chosen.record.key} is downloaded otherwise than it was uploaded`;
    unexpected.set(what, (unexpected.get(what) ?? 0) + 1);
  }

  async remove(task: Entry, token: string, signal: AbortSignal): Promise<void> {
    const chosen = this.#pick(task);
    if (!chosen) return;
    const { record, id } = chosen;
    record.state = 'unknown';
    this.#attached.delete(record);
    const path = `/api/v1/tasks/${task.id}/attachments/${id}`;
    // 404: an attempt that was not answered has done it.
    const outcome = await this.#client.repeat(
      { service: 'projects', method: 'DELETE', path, token },
      signal,
      [404],
    );
    if (outcome.known && (outcome.status === 204 || outcome.status === 404)) record.state = 'out';
  }

  async #upload(url: string, body: Buffer, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const call = { service: 'projects', method: 'PUT', path: pathOf(url), body } as const;
      const outcome = await this.#client.repeat(call, signal);
      if (!outcome.known) return false;
      // 409: an attempt that was not answered has done it.
      if (outcome.status !== 507) return outcome.status === 204 || outcome.status === 409;
      if (signal.aborted) return false;
      await sleep(fullPauseMs);
    }
  }

  #pick(task: Entry): { record: Attached; id: string } | null {
    const own = [...this.#attached].filter(([record]) => record.task === task);
    if (own.length === 0) return null;
    const [record, id] = this.#random.pick(own);
    return { record, id };
  }

  /** Mostly small, and different from all others. */
  #bytes(): Buffer {
    const bytes = Buffer.alloc(Math.ceil(this.#random.next() ** 3 * largestBytes) + 8);
    for (let at = 0; at + 4 <= bytes.length; at += 4)
      bytes.writeUInt32LE(this.#random.between(0, 0xffffffff), at);
    return bytes;
  }
}

/** Signed URLs name the address where we asked; the path is what is signed. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
