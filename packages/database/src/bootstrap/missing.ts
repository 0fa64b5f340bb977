import type { ServiceName } from '@hivesync/contracts';
import type { Client } from 'pg';
import { appRole, ownerRole } from '../service-database.ts';

/** The roles and the database that are not there yet, each named as a person would. */
export async function missingFromServer(
  server: Client,
  database: string,
  services: readonly ServiceName[],
): Promise<string[]> {
  const { rows } = await server.query<{ name: string }>(
    `select 'role ' || wanted as name
       from unnest($1::text[]) with ordinality as roles (wanted, place)
      where not exists (select from pg_roles where rolname = wanted)
      union all
     select 'database ' || $2::text
      where not exists (select from pg_database where datname = $2)`,
    [services.flatMap((service) => [ownerRole(service), appRole(service)]), database],
  );
  return rows.map(({ name }) => name);
}

/** The schemas, their grants and the extension that are not there yet. */
export async function missingFromDatabase(
  database: Client,
  services: readonly ServiceName[],
): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    `select 'extension pg_trgm' as name
      where not exists (select from pg_extension where extname = 'pg_trgm')
      union all
     select case when n.oid is null then 'schema ' || wanted else 'grants on schema ' || wanted end
       from unnest($1::text[]) as schemas (wanted)
       left join pg_namespace n on n.nspname = wanted
      where n.oid is null
         or n.nspowner <> (wanted || '_owner')::regrole
         or not has_schema_privilege(wanted || '_app', n.oid, 'usage')
         or not has_database_privilege(wanted || '_app', current_database(), 'connect')
         or (select count(*)
               from pg_default_acl d
              where d.defaclnamespace = n.oid
                and d.defaclrole = (wanted || '_owner')::regrole) < 2`,
    [services],
  );
  return rows.map(({ name }) => name);
}
