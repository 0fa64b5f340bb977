import type { AggregateName } from '@hivesync/contracts';
import { referenceDeclarations, referenceTables } from '@hivesync/database';
import { databases } from '@hivesync/local';
import type { Postgres } from '../postgres.ts';
import { type Finding, found } from './finding.ts';

const owners: Record<AggregateName, string> = {
  'identity.user': 'identity.users',
  'projects.project': 'projects.projects',
  'workers.node': 'workers.worker_nodes',
};

/**
 * Looks behind the borders, as nobody but this suite can: every column that refers to another service's row
 * points at one that is there. Columns that keep the id of what was deleted are exempt.
 */
export async function checkDangling(postgres: Postgres): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [service, database] of Object.entries(databases)) {
    for (const { table, aggregate } of referenceTables(database)) {
      const rows = await postgres.query<{ example: string }>(
        `select known.id::text as example
         from ${service}.${table} as known
         where known.state = 'active'
           and not exists (select from ${owners[aggregate]} as owner where owner.id = known.id)`,
      );
      const examples = rows.map(({ example }) => example);
      findings.push(...found('dangling', `${service}.${table} of what its owner does not have`, examples));
    }
    for (const { table, column, aggregate, refTable, onDelete } of referenceDeclarations(database)) {
      if (onDelete === 'keep') continue;
      const rows = await postgres.query<{ example: string }>(
        `select distinct referring.${column}::text as example
         from ${service}.${table} as referring
         where referring.${column} is not null
           and (
             not exists (select from ${owners[aggregate]} as owner where owner.id = referring.${column})
             or not exists (
               select
               from ${service}.${refTable} as known
               where known.id = referring.${column}
                 and known.state = 'active'
             )
           )`,
      );
      findings.push(
        ...found(
          'dangling',
          `${service}.${table}.${column}`,
          rows.map(({ example }) => example),
        ),
      );
    }
  }
  return findings;
}
