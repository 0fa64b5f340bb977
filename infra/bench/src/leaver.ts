import { setTimeout as sleep } from 'node:timers/promises';
import { createDataSource, type DataSource, query, transaction } from '@hivesync/database';
import { database } from '@hivesync/projects/database';

export interface DeletionReport {
  completed_at: string | null;
  services: { service: string; removed: Record<string, number>; longest_lock_ms: number }[];
}

interface Person {
  id: string;
  token: string;
}

const password = 'correct horse battery staple';
const longestMinutes = 30;

/** Somebody with a great many tasks, who is about to leave. */
export class Leaver {
  /** The project of somebody else that a third of the tasks are in. */
  readonly shared: string;
  /** Its other members, who stay. */
  readonly members: readonly Person[];
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string, shared: string, members: readonly Person[]) {
    this.#url = url;
    this.#token = token;
    this.shared = shared;
    this.members = members;
  }

  static async prepare(options: {
    serviceUrls: Record<string, string>;
    adminUrl: string;
    tasks: number;
    members: number;
  }): Promise<Leaver> {
    const url = options.serviceUrls.identity!;
    const owner = await register(url, 'owner');
    const leaver = await register(url, 'leaver');
    const members = await Promise.all(
      Array.from({ length: options.members }, (_, n) => register(url, `member${n}`)),
    );
    const admin = await createDataSource(database, options.adminUrl, { poolSize: 1 }).initialize();
    try {
      await met(admin, [owner, leaver, ...members]);
      const third = Math.round(options.tasks / 3);
      const shared = await fill(admin, owner, leaver, third);
      for (const { id } of [leaver, ...members]) {
        await query(
          admin,
          'insert into projects.team_members (id, project_id, user_id) values (gen_random_uuid(), $1, $2)',
          [shared, id],
        );
      }
      for (let own = 0; own < 3; own += 1) {
        await fill(admin, leaver, leaver, Math.round((options.tasks - third) / 3));
      }
      for (const table of ['projects', 'tasks', 'comments', 'team_members']) {
        await query(admin, `vacuum analyze projects.${table}`);
      }
      return new Leaver(url, leaver.token, shared, members);
    } finally {
      await admin.destroy();
    }
  }

  /** Deletes the account and waits until every service has reported. @throws Error where that takes half an hour */
  async leave(): Promise<DeletionReport & { seconds: number }> {
    const begun = performance.now();
    const answer = await fetch(new URL('/api/v1/me/deletion', this.#url), {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ password }),
    });
    if (answer.status !== 202) throw new Error(`the deletion answered ${answer.status}`);
    const { report_url, receipt } = (await answer.json()) as { report_url: string; receipt: string };
    for (;;) {
      const seen = await fetch(new URL(report_url, this.#url), {
        headers: { 'x-deletion-receipt': receipt },
      });
      const report = (await seen.json()) as DeletionReport;
      const seconds = (performance.now() - begun) / 1_000;
      if (report.completed_at !== null) return { ...report, seconds };
      if (seconds > longestMinutes * 60) throw new Error(`not complete: ${JSON.stringify(report)}`);
      await sleep(100);
    }
  }
}

async function register(url: string, name: string): Promise<Person> {
  const post = async (path: string, body: object) => {
    const answer = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    return (await answer.json()) as { id: string; access_token: string };
  };
  const email = `${name}@example.com`;
  const { id } = await post('/api/v1/auth/register', { email, password, display_name: name });
  const { access_token: token } = await post('/api/v1/auth/login', { email, password });
  return { id, token };
}

/** Projects has heard of everybody. */
async function met(admin: DataSource, people: readonly Person[]): Promise<void> {
  for (let known = 0; known < people.length; await sleep(50)) {
    const rows = await query(admin, 'select id from projects.user_refs where id = any($1::uuid[])', [
      people.map(({ id }) => id),
    ]);
    known = rows.length;
  }
}

/** A project with so many tasks of the leaver, each fifth with a comment; its id. Past triggers, as a superuser may. */
async function fill(admin: DataSource, owner: Person, leaver: Person, tasks: number): Promise<string> {
  return transaction(admin, async (tx) => {
    await query(tx, 'set local session_replication_role = replica');
    await query(tx, 'set local statement_timeout = 0');
    const [project] = await query<{ id: string }>(
      tx,
      `with made as (
         insert into projects.projects (id, owner_id, name, task_counter)
         values (gen_random_uuid(), $1, 'Of many tasks', $2)
         returning id
       ), joined as (
         insert into projects.team_members (id, project_id, user_id)
         select gen_random_uuid(), id, $1 from made
       )
       select id from made`,
      [owner.id, tasks],
    );
    const { id } = project!;
    await query(
      tx,
      `with made as (
         insert into projects.tasks (id, project_id, number, title, assignee_id, created_by)
         select gen_random_uuid(), $1, n, 'Task ' || n || ' that somebody has to do', $2, $2
           from generate_series(1, $3::integer) as n
         returning id, number
       )
       insert into projects.comments (id, project_id, entity_type, entity_id, author_id, body)
       select gen_random_uuid(), $1, 'task', id, $2, 'What somebody had to say about it'
         from made
        where number % 5 = 0`,
      [id, leaver.id, tasks],
    );
    return id;
  });
}
