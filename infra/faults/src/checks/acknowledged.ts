import type { Entry, Ledger } from '../ledger.ts';
import type { Postgres } from '../postgres.ts';
import { type Finding, found } from './finding.ts';

interface Stored {
  id: string;
  tag: string;
  text: string;
  version: number;
}

/** How to find the row by what it was created with, and read its present text. */
const tables: Record<Entry['table'], string> = {
  'identity.users': `
    select users.id, users.email as tag, profile.display_name as text, users.version
    from identity.users
    join identity.user_profiles as profile on profile.user_id = users.id`,
  'projects.projects': 'select id, name as tag, name as text, version from projects.projects',
  'projects.tasks': 'select id, description as tag, title as text, version from projects.tasks',
  'projects.comments': `
    select id, split_part(body, ' ', 1) as tag, body as text, version
    from projects.comments`,
};

/** What was acknowledged is there, as it was acknowledged; and no creation that was repeated happened twice. */
export async function checkAcknowledged(postgres: Postgres, ledger: Ledger): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const table of Object.keys(tables) as Entry['table'][]) {
    const rows = await postgres.query<Stored>(tables[table]);
    const byTag = Map.groupBy(rows, ({ tag }) => tag);
    const entries = ledger.entries.filter((entry) => entry.table === table);
    const lost = entries.flatMap((entry) => lostOf(entry, byTag.get(entry.tag)?.[0]));
    const doubled = [...byTag].flatMap(([tag, { length }]) => (length > 1 ? [`${tag}: ${length} rows`] : []));
    findings.push(...found('lost', table, lost), ...found('doubled', table, doubled));
  }
  return [...findings, ...(await checkMembers(postgres, ledger))];
}

function lostOf(entry: Entry, stored: Stored | undefined): string[] {
  const { tag, id, text, version, maybe, deleted } = entry;
  if (deleted === 'answered') return stored ? [`${tag}: its deletion was acknowledged, and it is there`] : [];
  if (id === null || deleted === 'unknown') return [];
  if (!stored) return [`${tag}: acknowledged as ${id}, and not there`];
  if (stored.id !== id) return [`${tag}: acknowledged as ${id}, stored as ${stored.id}`];
  if (stored.version < version)
    return [`${tag}: version ${version} was acknowledged, ${stored.version} is stored`];
  if (stored.text !== text && !maybe.includes(stored.text))
    return [`${tag}: "${text}" was acknowledged, "${stored.text}" is stored`];
  return [];
}

async function checkMembers(postgres: Postgres, ledger: Ledger): Promise<Finding[]> {
  const rows = await postgres.query<{ project_id: string; user_id: string }>(
    'select project_id, user_id from projects.team_members',
  );
  const stored = new Set(rows.map(({ project_id, user_id }) => `${project_id} ${user_id}`));
  const lost = ledger.members.flatMap(({ projectId, userId, state }) => {
    const there = stored.has(`${projectId} ${userId}`);
    const fits = state === 'unknown' || there === (state === 'in');
    return fits ? [] : [`${userId} in ${projectId}: acknowledged ${state}, and ${there ? '' : 'not '}there`];
  });
  return found('lost', 'projects.team_members', lost);
}
