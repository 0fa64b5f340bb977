/** The README's tour as a client in TypeScript writes it, with the named types that are generated for it. */
import createClient from 'openapi-fetch';
import type { components as Audit, paths as AuditPaths } from '../src/generated/audit.ts';
import type { components as Identity, paths as IdentityPaths } from '../src/generated/identity.ts';
import type { components as Projects, paths as ProjectsPaths } from '../src/generated/projects.ts';

type User = Identity['schemas']['User'];
type LoggedIn = Identity['schemas']['LoggedIn'];
type NotificationPage = Identity['schemas']['NotificationPage'];
type Project = Projects['schemas']['Project'];
type Invitation = Projects['schemas']['Invitation'];
type ReceivedInvitation = Projects['schemas']['ReceivedInvitation'];
type Membership = Projects['schemas']['Membership'];
type Task = Projects['schemas']['Task'];
type TaskSummary = Projects['schemas']['TaskSummary'];
type TaskChanges = Projects['schemas']['UpdateTaskBody'];
type SearchHit = Projects['schemas']['SearchHit'];
type Problem = Projects['schemas']['Problem'];
type AuditLog = Audit['schemas']['AuditLog'];

/** @throws Error with the code of the problem */
function answered<Data>({ data, error }: { data?: Data; error?: Problem }): Data {
  if (data === undefined) throw new Error(error?.code ?? 'no answer');
  return data;
}

/** Every step has the type of what it answers written out: that is what compiles, or does not. */
export async function tour(baseUrl: string): Promise<AuditLog[]> {
  const identity = createClient<IdentityPaths>({ baseUrl });
  const projects = createClient<ProjectsPaths>({ baseUrl });
  const audit = createClient<AuditPaths>({ baseUrl });

  const credentials = { email: 'alice@example.com', password: 'correct horse battery' };
  const alice: User = answered(
    await identity.POST('/api/v1/auth/register', { body: { ...credentials, display_name: 'alice' } }),
  );
  const session: LoggedIn = answered(await identity.POST('/api/v1/auth/login', { body: credentials }));
  const headers = { authorization: `Bearer ${session.access_token}` };

  const project: Project = answered(
    await projects.POST('/api/v1/projects', { headers, body: { name: 'Atlas' } }),
  );
  const inProject = { path: { project_id: project.id } };
  const invitation: Invitation = answered(
    await projects.POST('/api/v1/projects/{project_id}/invitations', {
      headers,
      params: inProject,
      body: { email: 'bob@example.com' },
    }),
  );
  const received: ReceivedInvitation[] = answered(
    await projects.GET('/api/v1/invitations', { headers }),
  ).items;
  const membership: Membership = answered(
    await projects.POST('/api/v1/invitations/{invitation_id}/accept', {
      headers,
      params: { path: { invitation_id: received[0]?.id ?? invitation.id } },
    }),
  );

  const task: Task = answered(
    await projects.POST('/api/v1/projects/{project_id}/tasks', {
      headers,
      params: { ...inProject, header: { 'idempotency-key': 'first-task' } },
      body: { title: 'Login screen flickers' },
    }),
  );
  const tasks: TaskSummary[] = answered(
    await projects.GET('/api/v1/projects/{project_id}/tasks', { headers, params: inProject }),
  ).items;
  const changes: TaskChanges = { assignee_id: membership.user_id };
  const assigned: Task = answered(
    await projects.PATCH('/api/v1/tasks/{task_id}', {
      headers,
      params: { path: { task_id: tasks[0]?.id ?? task.id }, header: { 'if-match': `"${task.version}"` } },
      body: changes,
    }),
  );
  const inbox: NotificationPage = answered(
    await identity.GET('/api/v1/notifications', { headers, params: { query: { limit: 1 } } }),
  );
  const unread: boolean | undefined = inbox.items[0]?.is_read;

  const refused = await projects.PATCH('/api/v1/tasks/{task_id}', {
    headers,
    params: { path: { task_id: assigned.id }, header: { 'if-match': '"1"' } },
    body: { status: 'done' },
  });
  const problem: Problem | undefined = refused.error;
  if (problem?.code !== 'PRECONDITION_FAILED' || unread) throw new Error(`expected a refusal of ${alice.id}`);

  const hits: SearchHit[] = answered(
    await projects.GET('/api/v1/search', { headers, params: { query: { q: 'flickers' } } }),
  ).items;
  return answered(
    await audit.GET('/api/v1/admin/audit-logs', {
      headers,
      params: { query: { entity_id: hits[0]?.id ?? task.id } },
    }),
  ).items;
}
