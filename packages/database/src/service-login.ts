import type { DataSource } from 'typeorm';
import { query } from './query.ts';
import { appRole, ownerRole, type ServiceDatabase } from './service-database.ts';
import { UnfitDatabaseError } from './unfit-database.ts';

/** The service is logged in as somebody else than its app role, or as one who may do more. */
export class WrongLoginError extends UnfitDatabaseError {
  override readonly name = 'WrongLoginError';
  constructor(service: string, login: string, reason: string) {
    super(`${service} is logged in as ${login}, ${reason}: DATABASE_URL must log in as ${appRole(service)}`);
  }
}

interface Login {
  name: string;
  unbounded: boolean;
  owner: boolean;
  elsewhere: boolean;
}

/**
 * Refuses a login that is above the rules (a superuser, BYPASSRLS, the schema's owner), or whose statements would
 * not find the service's tables, since `search_path` belongs to the role. A login that is neither may have any name.
 * A schema that is not there yet is for `assertSchemaCurrent` to tell.
 * @throws WrongLoginError
 */
export async function assertServiceLogin(source: DataSource, { service }: ServiceDatabase): Promise<void> {
  const [login] = await query<Login>(
    source,
    `select current_user as name,
            role.rolsuper or role.rolbypassrls as unbounded,
            coalesce(pg_has_role(role.oid, owner.oid, 'usage'), false) as owner,
            to_regnamespace($1) is not null and current_schema() is distinct from $1 as elsewhere
       from pg_roles as role
       left join pg_roles as owner on owner.rolname = $2
      where role.rolname = current_user`,
    [service, ownerRole(service)],
  );
  const refuse = (reason: string) => new WrongLoginError(service, login!.name, reason);
  if (login?.unbounded) throw refuse('whom no grant binds');
  if (login?.owner) throw refuse('who owns the schema');
  if (login?.elsewhere) throw refuse(`whose search_path does not lead to the schema ${service}`);
}
