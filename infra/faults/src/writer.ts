import { setTimeout as sleep } from 'node:timers/promises';
import { mailedToken } from '@hivesync/local';
import { Attachments } from './attachments.ts';
import type { Call, Client } from './client.ts';
import type { Entry, Ledger, Member } from './ledger.ts';
import type { Random } from './random.ts';

interface Person {
  entry: Entry;
  email: string;
  token: string;
  /** Whether the address is proven: only then is an invitation to it theirs. */
  proven: boolean;
}
interface Project {
  id: string;
  entry: Entry;
  owner: Person;
  members: { person: Person; record: Member }[];
  tasks: Entry[];
  comments: { entry: Entry; author: Person }[];
}

/** How long a mail may take; one whose sender was killed comes a minute later, and is not waited for. */
const mailMs = 5_000;
const password = 'correct horse battery staple';
const weights = {
  createTask: 28,
  changeTask: 26,
  comment: 18,
  editComment: 6,
  deleteComment: 4,
  deleteTask: 3,
  addFile: 12,
  readFile: 3,
  removeFile: 3,
  join: 6,
  leave: 3,
  createProject: 4,
  register: 2,
  rename: 3,
  deleteProject: 1,
  deletePerson: 1,
};
const statuses = ['open', 'in_progress', 'blocked', 'done'] as const;

/** One client of the platform with people and projects of its own, writing one thing after another. */
export class Writer {
  readonly #name: string;
  readonly #client: Client;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #attachments: Attachments;
  readonly #mailFolder: string;
  readonly #people: Person[] = [];
  readonly #projects: Project[] = [];
  #count = 0;

  constructor(name: string, parts: { client: Client; ledger: Ledger; random: Random; mailFolder: string }) {
    this.#name = name;
    this.#client = parts.client;
    this.#ledger = parts.ledger;
    this.#random = parts.random;
    this.#attachments = new Attachments(parts);
    this.#mailFolder = parts.mailFolder;
  }

  /** Writes until the signal aborts; what is under way then is ended first. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#people.length < 3) await this.#register(signal);
      else if (this.#projects.length === 0) await this.#createProject(signal);
      else await this.#step(signal);
      await sleep(5);
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    const project = this.#random.pick(this.#projects);
    const what = this.#random.weighted(weights);
    switch (what) {
      case 'createTask':
        return this.#createTask(project, signal);
      case 'changeTask':
        return this.#changeTask(project, signal);
      case 'comment':
        return this.#comment(project, signal);
      case 'editComment':
        return this.#editComment(project, signal);
      case 'deleteComment':
        return this.#delete(project, 'comments', signal);
      case 'deleteTask':
        return this.#delete(project, 'tasks', signal);
      case 'addFile':
      case 'readFile':
      case 'removeFile':
        return this.#file(what, project, signal);
      case 'join':
        return this.#join(project, signal);
      case 'leave':
        return this.#leave(project, signal);
      case 'createProject':
        return this.#createProject(signal);
      case 'register':
        return this.#register(signal);
      case 'rename':
        return this.#rename(signal);
      case 'deleteProject':
        return this.#deleteProject(project, signal);
      case 'deletePerson':
        return this.#deletePerson(signal);
    }
  }

  #tag(): string {
    this.#count += 1;
    return `${this.#name}-${this.#count}`;
  }

  async #register(signal: AbortSignal): Promise<void> {
    const tag = this.#tag();
    const email = `${tag}@example.com`;
    const entry = this.#ledger.add('identity.users', email, tag);
    const call: Call = {
      service: 'identity',
      method: 'POST',
      path: '/api/v1/auth/register',
      body: { email, password, display_name: tag },
    };
    if (!(await this.#created(entry, call, signal))) return;
    const login = { ...call, path: '/api/v1/auth/login', body: { email, password } };
    const outcome = await this.#client.repeat(login, signal);
    const token = outcome.known ? outcome.body.access_token : undefined;
    if (!token) return;
    const person: Person = { entry, email, token, proven: false };
    await this.#prove(person, signal);
    this.#people.push(person);
  }

  /** Follows the link that was mailed, as its owner would. */
  async #prove(person: Person, signal: AbortSignal): Promise<void> {
    let token = mailedToken(this.#mailFolder, person.email);
    for (const begun = Date.now(); !token && !signal.aborted && Date.now() - begun < mailMs; ) {
      await sleep(50);
      token = mailedToken(this.#mailFolder, person.email);
    }
    if (!token) return;
    const path = '/api/v1/auth/verify-email';
    const call: Call = { service: 'identity', method: 'POST', path, body: { token } };
    // 410: an attempt that was not answered has done it.
    const outcome = await this.#client.repeat(call, signal, [410]);
    if (!outcome.known || (outcome.status !== 204 && outcome.status !== 410)) return;
    person.proven = true;
    person.entry.version += 1;
  }

  async #createProject(signal: AbortSignal): Promise<void> {
    const owner = this.#random.pick(this.#people);
    const tag = this.#tag();
    const entry = this.#ledger.add('projects.projects', tag, tag);
    const call: Call = {
      service: 'projects',
      method: 'POST',
      path: '/api/v1/projects',
      token: owner.token,
      body: { name: tag },
    };
    if (!(await this.#created(entry, call, signal))) return;
    this.#projects.push({ id: entry.id!, entry, owner, members: [], tasks: [], comments: [] });
  }

  async #createTask(project: Project, signal: AbortSignal): Promise<void> {
    const tag = this.#tag();
    const entry = this.#ledger.add('projects.tasks', tag, tag);
    const call: Call = {
      service: 'projects',
      method: 'POST',
      path: `/api/v1/projects/${project.id}/tasks`,
      token: project.owner.token,
      body: { title: tag, description: tag, assignee_id: this.#someMember(project) },
    };
    if (await this.#created(entry, call, signal)) project.tasks.push(entry);
  }

  async #changeTask(project: Project, signal: AbortSignal): Promise<void> {
    if (project.tasks.length === 0) return;
    const entry = this.#random.pick(project.tasks);
    const title = this.#tag();
    const body = {
      title,
      status: this.#random.pick(statuses),
      ...(this.#random.next() < 0.4 && { assignee_id: this.#someMember(project) }),
    };
    await this.#changed(entry, `/api/v1/tasks/${entry.id}`, project.owner, { text: title, body }, signal);
  }

  async #comment(project: Project, signal: AbortSignal): Promise<void> {
    const author = this.#random.pick([project.owner, ...project.members.map(({ person }) => person)]);
    const mentioned = this.#someMember(project);
    const tag = this.#tag();
    const text = `${tag} ${mentioned ? `@[${mentioned}]` : 'hello'}`;
    const entry = this.#ledger.add('projects.comments', tag, text);
    const about = project.tasks.length > 0 ? this.#random.pick(project.tasks) : null;
    const call: Call = {
      service: 'projects',
      method: 'POST',
      path: `/api/v1/projects/${project.id}/comments`,
      token: author.token,
      body: {
        entity_type: about ? 'task' : 'project',
        entity_id: about?.id ?? project.id,
        body: text,
      },
    };
    if (await this.#created(entry, call, signal)) project.comments.push({ entry, author });
  }

  async #editComment(project: Project, signal: AbortSignal): Promise<void> {
    const own = project.comments.filter(({ author }) => author === project.owner);
    if (own.length === 0) return;
    const { entry, author } = this.#random.pick(own);
    const text = `${entry.tag} ${this.#tag()}`;
    const path = `/api/v1/comments/${entry.id}`;
    await this.#changed(entry, path, author, { text, body: { body: text } }, signal);
  }

  async #file(
    what: 'addFile' | 'readFile' | 'removeFile',
    { tasks, owner }: Project,
    signal: AbortSignal,
  ): Promise<void> {
    if (tasks.length === 0) return;
    const task = this.#random.pick(tasks);
    if (what === 'addFile') await this.#attachments.add(task, owner.token, signal);
    else if (what === 'readFile') await this.#attachments.download(task, owner.token, signal);
    else await this.#attachments.remove(task, owner.token, signal);
  }

  /** Comments, or tasks with the comments on them. */
  async #delete(project: Project, what: 'tasks' | 'comments', signal: AbortSignal): Promise<void> {
    const entries = what === 'tasks' ? project.tasks : project.comments.map(({ entry }) => entry);
    if (entries.length === 0) return;
    const entry = this.#random.pick(entries);
    project.tasks = project.tasks.filter((task) => task !== entry);
    project.comments = project.comments.filter((comment) => comment.entry !== entry);
    entry.deleted = 'unknown';
    // Comments go with their task: which of them were on this one, the ledger need not know.
    if (what === 'tasks') this.#forgetComments(project);
    const path = `/api/v1/${what}/${entry.id}`;
    const call: Call = { service: 'projects', method: 'DELETE', path, token: project.owner.token };
    // 404: an attempt that was not answered has done it.
    const outcome = await this.#client.repeat(call, signal, [404]);
    if (outcome.known && (outcome.status === 204 || outcome.status === 404)) entry.deleted = 'answered';
  }

  #forgetComments(project: Project): void {
    for (const { entry } of project.comments) entry.deleted = 'unknown';
    project.comments = [];
  }

  async #join(project: Project, signal: AbortSignal): Promise<void> {
    const strangers = this.#people.filter(
      (person) =>
        person.proven &&
        person !== project.owner &&
        !project.members.some((member) => member.person === person),
    );
    if (strangers.length === 0) return;
    const person = this.#random.pick(strangers);
    const invitation = await this.#client.create(
      {
        service: 'projects',
        method: 'POST',
        path: `/api/v1/projects/${project.id}/invitations`,
        token: project.owner.token,
        body: { email: person.email },
      },
      signal,
    );
    if (!invitation.known || invitation.status !== 202) return;
    const known = this.#ledger.members.find(
      ({ projectId, userId }) => projectId === project.id && userId === person.entry.id,
    );
    const record = known ?? { projectId: project.id, userId: person.entry.id!, state: 'unknown' };
    if (!known) this.#ledger.members.push(record);
    record.state = 'unknown';
    const path = `/api/v1/invitations/${invitation.body.id}/accept`;
    const call: Call = { service: 'projects', method: 'POST', path, token: person.token };
    const outcome = await this.#client.create(call, signal);
    if (!outcome.known || outcome.status !== 200) return;
    record.state = 'in';
    project.members.push({ person, record });
  }

  async #leave(project: Project, signal: AbortSignal): Promise<void> {
    if (project.members.length === 0) return;
    const member = this.#random.pick(project.members);
    project.members = project.members.filter((other) => other !== member);
    member.record.state = 'unknown';
    const path = `/api/v1/projects/${project.id}/members/me`;
    const call: Call = { service: 'projects', method: 'DELETE', path, token: member.person.token };
    const outcome = await this.#client.repeat(call, signal, [404]);
    if (outcome.known && (outcome.status === 204 || outcome.status === 404)) member.record.state = 'out';
  }

  async #rename(signal: AbortSignal): Promise<void> {
    const person = this.#random.pick(this.#people);
    const text = this.#tag();
    await this.#changed(person.entry, '/api/v1/me', person, { text, body: { display_name: text } }, signal);
  }

  async #deleteProject(project: Project, signal: AbortSignal): Promise<void> {
    const settled = this.#abandon(project);
    const call: Call = {
      service: 'projects',
      method: 'POST',
      path: `/api/v1/projects/${project.id}/deletion`,
      token: project.owner.token,
      body: { confirm: project.entry.tag },
    };
    const outcome = await this.#client.repeat(call, signal, [404]);
    if (outcome.known && (outcome.status === 202 || outcome.status === 404)) settled();
  }

  /** With the projects that they own, and their memberships in others. */
  async #deletePerson(signal: AbortSignal): Promise<void> {
    if (this.#people.length < 5) return;
    const person = this.#random.pick(this.#people);
    this.#people.splice(this.#people.indexOf(person), 1);
    person.entry.deleted = 'unknown';
    const settled = this.#projects.filter(({ owner }) => owner === person).map((own) => this.#abandon(own));
    for (const project of this.#projects) {
      project.members = project.members.filter((member) => member.person !== person);
    }
    const memberships = this.#ledger.members.filter(({ userId }) => userId === person.entry.id);
    for (const membership of memberships) membership.state = 'unknown';
    const call: Call = {
      service: 'identity',
      method: 'POST',
      path: '/api/v1/me/deletion',
      token: person.token,
      body: { password },
    };
    // 401 and 404: an attempt that was not answered has done it, and no password fits any more.
    const outcome = await this.#client.repeat(call, signal, [401, 404]);
    if (!outcome.known || ![202, 401, 404].includes(outcome.status)) return;
    person.entry.deleted = 'answered';
    for (const membership of memberships) membership.state = 'out';
    for (const settle of settled) settle();
  }

  /** Nothing of the project is known from now on; what is returned says that its deletion was acknowledged. */
  #abandon(project: Project): () => void {
    this.#projects.splice(this.#projects.indexOf(project), 1);
    const entries = [project.entry, ...project.tasks, ...project.comments.map(({ entry }) => entry)];
    const members = this.#ledger.members.filter(({ projectId }) => projectId === project.id);
    for (const entry of entries) entry.deleted = 'unknown';
    for (const member of members) member.state = 'unknown';
    return () => {
      for (const entry of entries) entry.deleted = 'answered';
      for (const member of members) member.state = 'out';
    };
  }

  #someMember(project: Project): string | null {
    const people = [null, project.owner, ...project.members.map(({ person }) => person)];
    return this.#random.pick(people)?.entry.id ?? null;
  }

  async #created(entry: Entry, call: Call, signal: AbortSignal): Promise<boolean> {
    const outcome = await this.#client.create(call, signal);
    if (!outcome.known || outcome.status !== 201 || !outcome.body.id) return false;
    entry.id = outcome.body.id;
    entry.version = outcome.body.version ?? 1;
    return true;
  }

  /** One attempt under If-Match. Where its effect is not known, what is stored is read. */
  async #changed(
    entry: Entry,
    path: string,
    person: Person,
    change: { text: string; body: object },
    signal: AbortSignal,
  ): Promise<void> {
    const service = path === '/api/v1/me' ? 'identity' : 'projects';
    const call: Call = { service, method: 'PATCH', path, token: person.token };
    const outcome = await this.#client.once({ ...call, body: change.body, ifMatch: entry.version });
    if (outcome.known && outcome.status === 200) {
      settle(entry, change.text, outcome.body.version);
      return;
    }
    if (!outcome.known) entry.maybe.push(change.text);
    const stored = await this.#client.repeat({ ...call, method: 'GET' }, signal);
    if (!stored.known || stored.status !== 200) return;
    const text = stored.body.title ?? stored.body.body ?? stored.body.display_name;
    if (text !== undefined && stored.body.version !== entry.version) settle(entry, text, stored.body.version);
  }
}

/** What was read or answered counts from now on; no attempt on an older version can take effect any more. */
function settle(entry: Entry, text: string, version: number | undefined): void {
  entry.text = text;
  entry.version = version ?? entry.version;
  entry.maybe = [];
}
