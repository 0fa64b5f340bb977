import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  EventData,
  EventDefinition,
  InvitationId,
  ProjectId,
  TaskId,
  UserId,
} from '@hivesync/contracts';
import { newId, query } from '@hivesync/database';
import {
  atFileEnd,
  type Caller,
  type StartServiceOptions,
  startService,
  type TestService,
  type TestUser,
  testUser,
} from '@hivesync/testing';
import { expect } from 'vitest';
import { buildApp, type Config, database, loadConfig, type UserDirectory } from '../../src/app.ts';
import type { Project } from '../../src/projects/project.schemas.ts';
import type { NewTask, Task } from '../../src/tasks/task.schemas.ts';

type ProjectsApp = Awaited<ReturnType<typeof buildApp>>;

/** Somebody who has registered, as identity's event told this service. */
export interface Person extends Caller {
  id: UserId;
  name: string;
  email: string;
}

export interface ProjectsService extends TestService<ProjectsApp, Config> {
  register(name: string, traits?: Partial<TestUser>): Promise<Person>;
  createProject(owner: Caller, name?: string): Promise<ProjectId>;
  /** Makes somebody a member, by an invitation that they accept. */
  join(owner: Caller, project: ProjectId, person: Person): Promise<void>;
  createTask(caller: Caller, project: ProjectId, task?: Partial<NewTask>): Promise<Task>;
  /** Events of a type that were published so far, the oldest first. */
  published<D extends EventDefinition>(
    definition: D,
    subject?: string,
  ): Promise<{ subject: string; version: number; data: EventData<D>; actor_id: UserId | null }[]>;
}

/** The service on a database of its own, with a directory that knows who registered in the test. */
export async function startProjects(
  options: Partial<StartServiceOptions<Config, ProjectsApp>> & { directory?: UserDirectory } = {},
): Promise<ProjectsService> {
  const people = new Map<string, UserId>();
  const directory: UserDirectory = options.directory ?? {
    findByEmail: async (email) => people.get(email) ?? null,
  };
  const service = await startService<Config, ProjectsApp>({
    database,
    loadConfig,
    buildApp: (parts) => buildApp({ ...parts, directory }),
    // Nobody listens there; its consumer waits in the background.
    serviceUrls: { identity: 'http://127.0.0.1:1' },
    ...options,
    environment: { ...objectsEnvironment(), ...options.environment },
  });

  const register = async (name: string, traits: Partial<TestUser> = {}): Promise<Person> => {
    const user = testUser(traits);
    const email = `${name.toLowerCase()}@example.com`;
    people.set(email, user.id);
    await query(service.dataSource, 'insert into user_refs (id, version, display_name) values ($1, 1, $2)', [
      user.id,
      name,
    ]);
    return { ...service.as(user), id: user.id, name, email };
  };

  const createProject = async (owner: Caller, name = 'Hive'): Promise<ProjectId> => {
    const answer = await owner.post('/api/v1/projects', { name });
    return expectStatus(answer, 201).json<Project>().id;
  };

  return {
    ...service,
    register,
    createProject,
    async join(owner, project, person) {
      const invited = await owner.post(`/api/v1/projects/${project}/invitations`, { email: person.email });
      const { id } = expectStatus(invited, 202).json<{ id: InvitationId }>();
      expectStatus(await person.post(`/api/v1/invitations/${id}/accept`), 200);
    },
    async createTask(caller, project, task = {}) {
      const answer = await caller.post(`/api/v1/projects/${project}/tasks`, {
        title: 'Fix the login',
        ...task,
      });
      return expectStatus(answer, 201).json<Task>();
    },
    async published(definition, subject) {
      return query(
        service.dataSource,
        `select subject, aggregate_version as version, data, actor_id
           from outbox
          where type = $1
            and subject = coalesce($2, subject)
          order by transaction_id, position`,
        [definition.type, subject ?? null],
      );
    },
  };
}

/** A folder of objects that goes with the test file. */
export function objectsEnvironment(): Record<
  'PUBLIC_URL' | 'OBJECTS_DIR' | 'OBJECTS_SIGNING_SECRET',
  string
> {
  const folder = mkdtempSync(join(tmpdir(), 'hivesync-objects-'));
  atFileEnd(() => rmSync(folder, { recursive: true, force: true }));
  return {
    PUBLIC_URL: 'https://api.example.test',
    OBJECTS_DIR: folder,
    OBJECTS_SIGNING_SECRET: 'signs the urls of objects in tests',
  };
}

type Answer = Awaited<ReturnType<Caller['get']>>;

/** The answer, if it has that status; else an error that shows its body. */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.statusCode !== status) {
    throw new Error(`expected ${status}, got ${answer.statusCode}: ${answer.body}`);
  }
  return answer;
}

/** Status and code of a refusal. */
export function refusal(answer: Answer): [number, string] {
  return [answer.statusCode, answer.json<{ code: string }>().code];
}

export const unknownTask = (): TaskId => newId<TaskId>();

/** The entity tag of any answer that shows this version. */
export const tagOf = (version: number) => expect.stringMatching(new RegExp(`^"${version}[.][\\w-]{16}"$`));
