import { type Answer, field, list, type Transcript, text, UnexpectedAnswerError } from './transcript.ts';

export interface JourneyOptions {
  transcript: Transcript;
  /** What `npm run admin:create` does: the API never makes an admin. */
  makeAdmin: (email: string) => Promise<void>;
  /** The token of the link that was mailed to an address; undefined while there is none. */
  mailedToken: (email: string) => string | undefined;
  /** Part of this run's email addresses and names, so that it can be walked again on the same data. */
  run: string;
}

interface Person {
  id: string;
  name: string;
  email: string;
  token: string;
}

/**
 * The whole way through the platform by its public door: two people, a project, its tasks and comments, the
 * notifications and audit rows that arrive by event, and two refusals.
 * @returns how many requests were shown
 * @throws UnexpectedAnswerError at the first answer that is not as it should be.
 */
export async function walkJourney(options: JourneyOptions): Promise<number> {
  const alice = await meetAlice(options);
  const bob = await signUp(options, 'Bob');
  await proveAddress(options, bob.email);
  const project = await makeProject(options, alice);
  await invite(options, alice, bob, project);
  const task = await planWork(options, alice, project);
  await assignAndDiscuss(options, alice, bob, project, task);
  await readTheRest(options, alice, project);
  await beRefused(options, alice, project, task);
  await audit(options, alice, project);
  return options.transcript.steps;
}

const password = 'correct horse battery staple';

async function signUp({ transcript, run }: JourneyOptions, name: string): Promise<Person> {
  const email = `${name.toLowerCase()}-${run}@example.com`;
  transcript.say(`${name} signs up and logs in`);
  await transcript.call({
    method: 'POST',
    path: '/api/v1/auth/register',
    expect: 201,
    body: { email, password, display_name: name },
  });
  const { body } = await logIn(transcript, email);
  const token = text(body, 'access_token');
  const me = await transcript.call({ method: 'GET', path: '/api/v1/me', expect: 200, as: token });
  return { id: text(me.body, 'id'), name, email, token };
}

/** Invitations, and being made an administrator, count on this alone. The mail is on its way for a second at most. */
async function proveAddress({ transcript, mailedToken }: JourneyOptions, email: string): Promise<void> {
  transcript.say(`The link that was mailed to ${email} proves the address`);
  let token = mailedToken(email);
  for (let waited = 0; token === undefined; waited += 1) {
    if (waited === 150) throw new UnexpectedAnswerError(`no mail to ${email} within 15 s`);
    await new Promise((done) => setTimeout(done, 100));
    token = mailedToken(email);
  }
  const path = '/api/v1/auth/verify-email';
  await transcript.call({ method: 'POST', path, expect: 204, body: { token } });
}

function logIn(transcript: Transcript, email: string): Promise<Answer> {
  return transcript.call({
    method: 'POST',
    path: '/api/v1/auth/login',
    expect: 200,
    body: { email, password, device: { name: 'Demo', platform: 'desktop' } },
  });
}

async function meetAlice(options: JourneyOptions): Promise<Person> {
  const { transcript } = options;
  const alice = await signUp(options, 'Alice');
  transcript.say('Her access token lasts 15 minutes; the refresh token gives the next one');
  const { body } = await logIn(transcript, alice.email);
  const refreshed = await transcript.call({
    method: 'POST',
    path: '/api/v1/auth/refresh',
    expect: 200,
    body: { refresh_token: text(body, 'refresh_token') },
  });
  return { ...alice, token: text(refreshed.body, 'access_token') };
}

async function makeProject({ transcript, run }: JourneyOptions, alice: Person): Promise<string> {
  transcript.say('Alice makes a project, with tags, and marks it as a favourite');
  const project = await transcript.call({
    method: 'POST',
    path: '/api/v1/projects',
    expect: 201,
    as: alice.token,
    headers: { 'idempotency-key': `demo-project-${run}` },
    body: { name: `Atlas ${run}`, description: 'The next mobile app' },
  });
  const id = text(project.body, 'id');
  const path = `/api/v1/projects/${id}`;
  for (const [name, color] of [
    ['mobile', '#3366ff'],
    ['2027', '#22aa66'],
  ]) {
    await transcript.call({
      method: 'POST',
      path: `${path}/tags`,
      expect: 201,
      as: alice.token,
      body: { name, color },
    });
  }
  await transcript.call({ method: 'PUT', path: `${path}/favorite`, expect: 204, as: alice.token });
  await transcript.call({ method: 'GET', path: '/api/v1/projects?limit=10', expect: 200, as: alice.token });
  return id;
}

async function invite(
  { transcript }: JourneyOptions,
  alice: Person,
  bob: Person,
  project: string,
): Promise<void> {
  transcript.say('She invites Bob, who accepts');
  await transcript.call({
    method: 'POST',
    path: `/api/v1/projects/${project}/invitations`,
    expect: 202,
    as: alice.token,
    body: { email: bob.email },
  });
  const mine = await transcript.call({
    method: 'GET',
    path: '/api/v1/invitations',
    expect: 200,
    as: bob.token,
  });
  const invitation = text(mine.body, 'items', 0, 'id');
  await transcript.call({
    method: 'POST',
    path: `/api/v1/invitations/${invitation}/accept`,
    expect: 200,
    as: bob.token,
  });
  await transcript.call({
    method: 'GET',
    path: `/api/v1/projects/${project}/members`,
    expect: 200,
    as: bob.token,
  });
}

async function planWork(
  { transcript, run }: JourneyOptions,
  alice: Person,
  project: string,
): Promise<string> {
  const as = alice.token;
  const path = `/api/v1/projects/${project}`;
  transcript.say('Labels and tasks');
  const label = await transcript.call({
    method: 'POST',
    path: `${path}/labels`,
    expect: 201,
    as,
    body: { name: 'bug', color: '#cc2222' },
  });
  const ids: string[] = [];
  for (const body of [
    { title: `Login screen flickers ${run}`, description: 'On every second start', due_date: '2027-01-31' },
    { title: 'Sketch the onboarding' },
    { title: 'Measure cold start' },
  ]) {
    const task = await transcript.call({ method: 'POST', path: `${path}/tasks`, expect: 201, as, body });
    ids.push(text(task.body, 'id'));
  }
  const [first = '', second = ''] = ids;
  const labelPath = `/api/v1/tasks/${first}/labels/${text(label.body, 'id')}`;
  await transcript.call({ method: 'PUT', path: labelPath, expect: 204, as });
  await transcript.call({
    method: 'PUT',
    path: `/api/v1/tasks/${second}/dependencies/${first}`,
    expect: 204,
    as,
  });
  await transcript.call({
    method: 'GET',
    path: `${path}/tasks?status=open&sort=number&limit=2`,
    expect: 200,
    as,
  });
  return first;
}

async function assignAndDiscuss(
  { transcript }: JourneyOptions,
  alice: Person,
  bob: Person,
  project: string,
  task: string,
): Promise<void> {
  transcript.say('A change names the version that it starts from; Bob hears of his task by an event');
  const before = await transcript.call({
    method: 'GET',
    path: `/api/v1/tasks/${task}`,
    expect: 200,
    as: alice.token,
  });
  await transcript.call({
    method: 'PATCH',
    path: `/api/v1/tasks/${task}`,
    expect: 200,
    as: alice.token,
    headers: { 'if-match': before.etag },
    body: { assignee_id: bob.id, status: 'in_progress' },
  });
  await arrives(transcript, bob, 'task_assigned');

  transcript.say('Alice mentions Bob in a comment');
  await transcript.call({
    method: 'POST',
    path: `/api/v1/projects/${project}/comments`,
    expect: 201,
    as: alice.token,
    body: { entity_type: 'task', entity_id: task, body: `@[${bob.id}] could you look at this first?` },
  });
  await arrives(transcript, bob, 'comment_mention');
  await transcript.call({
    method: 'POST',
    path: '/api/v1/notifications/read',
    expect: 200,
    as: bob.token,
    body: { all: true },
  });
}

function arrives(transcript: Transcript, person: Person, type: string): Promise<Answer> {
  return transcript.until(
    { method: 'GET', path: '/api/v1/notifications', expect: 200, as: person.token },
    (answer) =>
      answer.status === 200 && list(answer.body, 'items').some((item) => text(item, 'type') === type),
    `${type} arrived at ${person.name}`,
  );
}

async function readTheRest(
  { transcript, run }: JourneyOptions,
  alice: Person,
  project: string,
): Promise<void> {
  const as = alice.token;
  transcript.say('Search, limits, and the lists that fill once previews are asked for');
  const found = await transcript.call({
    method: 'GET',
    path: `/api/v1/search?q=flickers%20${run}`,
    expect: 200,
    as,
  });
  if (list(found.body, 'items').length === 0) throw new UnexpectedAnswerError('the search found nothing');
  await transcript.call({ method: 'GET', path: '/api/v1/tier-limits', expect: 200, as });
  await transcript.call({ method: 'GET', path: '/api/v1/billing/subscription', expect: 200, as });
  await transcript.until(
    { method: 'GET', path: `/api/v1/projects/${project}/previews`, expect: 200, as },
    ({ status }) => status === 200,
    'the membership is known to previews',
  );
  await transcript.call({ method: 'GET', path: `/api/v1/projects/${project}/ai-docs`, expect: 200, as });
}

async function beRefused(
  options: JourneyOptions,
  alice: Person,
  project: string,
  task: string,
): Promise<void> {
  const { transcript } = options;
  transcript.say('A stale change is refused, and tells the present version');
  await transcript.call({
    method: 'PATCH',
    path: `/api/v1/tasks/${task}`,
    expect: 412,
    as: alice.token,
    headers: { 'if-match': '"1"' },
    body: { title: 'Too late' },
  });
  const carol = await signUp(options, 'Carol');
  transcript.say('What Carol is no member of does not exist for her');
  await transcript.call({ method: 'GET', path: `/api/v1/projects/${project}`, expect: 404, as: carol.token });
}

async function audit(options: JourneyOptions, alice: Person, project: string): Promise<void> {
  const { transcript, makeAdmin } = options;
  const admin = await signUp(options, 'Dana');
  await proveAddress(options, admin.email);
  transcript.say('Dana is made an administrator by the command, since the API cannot');
  await transcript.call({ method: 'GET', path: '/api/v1/admin/workers', expect: 403, as: admin.token });
  await makeAdmin(admin.email);
  const as = text((await logIn(transcript, admin.email)).body, 'access_token');

  const wanted = [
    'projects.project.created',
    'projects.task.created',
    'projects.task.assigned',
    'projects.comment.added',
  ];
  const seen = await transcript.until(
    { method: 'GET', path: `/api/v1/admin/audit-logs?user_id=${alice.id}&limit=100`, expect: 200, as },
    ({ status, body }) => {
      if (status !== 200) return false;
      const types = list(body, 'items').map((row) => text(row, 'event_type'));
      return wanted.every((type) => types.includes(type));
    },
    `${wanted.length} kinds of what Alice did are in the audit log`,
  );
  for (const row of list(seen.body, 'items').slice(0, 5)) {
    transcript.note(`${text(row, 'created_at')} ${text(row, 'event_type')} ${text(row, 'entity_id')}`);
  }
  await transcript.call({
    method: 'GET',
    path: `/api/v1/admin/audit-logs?entity_id=${project}`,
    expect: 200,
    as,
  });
  const workers = await transcript.call({ method: 'GET', path: '/api/v1/admin/workers', expect: 200, as });
  field(workers.body, 'items');
}
