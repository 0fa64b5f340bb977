/**
 * What the load was told, so that it can be compared with what is stored afterwards. An entry is only ever
 * changed by the one writer that made it.
 */
export interface Entry {
  table: 'identity.users' | 'projects.projects' | 'projects.tasks' | 'projects.comments';
  /** Given with the creation and never changed: finds the row even where the answer was lost. */
  tag: string;
  /** Null: its creation was never answered, so that it may be there or not, but not twice. */
  id: string | null;
  /** What its text was at the last answer, and at which version. */
  text: string;
  version: number;
  /** Changes without an answer, which may have taken effect on that version, at any moment since. */
  maybe: string[];
  /** answered: it is gone; unknown: it may be. */
  deleted: 'no' | 'unknown' | 'answered';
}

export interface Member {
  projectId: string;
  userId: string;
  /** What was answered last; unknown while the last call was not answered. */
  state: 'in' | 'out' | 'unknown';
}

/** A file on a task. It goes with its task, too. */
export interface Attached {
  task: Entry;
  /** Of the object; null where the answer to the first request was lost. */
  key: string | null;
  sha256: string;
  /** What was answered last; unknown while the last call was not answered, or nothing was attached yet. */
  state: 'in' | 'out' | 'unknown';
}

export class Ledger {
  readonly entries: Entry[] = [];
  readonly members: Member[] = [];
  readonly attachments: Attached[] = [];

  add(table: Entry['table'], tag: string, text: string): Entry {
    const entry: Entry = { table, tag, id: null, text, version: 0, maybe: [], deleted: 'no' };
    this.entries.push(entry);
    return entry;
  }
}
