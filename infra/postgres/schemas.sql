-- Step 3: the schema of every service. Run in the database, as a superuser, or as the owner of the database who is
-- a member of every <service>_owner.

create extension if not exists pg_trgm with schema public;

revoke create on schema public from public;

create schema if not exists "identity" authorization "identity_owner";
revoke all on schema "identity" from public;
grant usage on schema "identity" to "identity_app";
alter default privileges for role "identity_owner" revoke execute on functions from public;
alter default privileges for role "identity_owner" in schema "identity" grant select, insert, update, delete on tables to "identity_app";
alter default privileges for role "identity_owner" in schema "identity" grant usage on sequences to "identity_app";
do $$
begin
  execute format('grant connect on database %I to "identity_owner", "identity_app"', current_database());
end
$$;

create schema if not exists "projects" authorization "projects_owner";
revoke all on schema "projects" from public;
grant usage on schema "projects" to "projects_app";
alter default privileges for role "projects_owner" revoke execute on functions from public;
alter default privileges for role "projects_owner" in schema "projects" grant select, insert, update, delete on tables to "projects_app";
alter default privileges for role "projects_owner" in schema "projects" grant usage on sequences to "projects_app";
do $$
begin
  execute format('grant connect on database %I to "projects_owner", "projects_app"', current_database());
end
$$;

create schema if not exists "previews" authorization "previews_owner";
revoke all on schema "previews" from public;
grant usage on schema "previews" to "previews_app";
alter default privileges for role "previews_owner" revoke execute on functions from public;
alter default privileges for role "previews_owner" in schema "previews" grant select, insert, update, delete on tables to "previews_app";
alter default privileges for role "previews_owner" in schema "previews" grant usage on sequences to "previews_app";
do $$
begin
  execute format('grant connect on database %I to "previews_owner", "previews_app"', current_database());
end
$$;

create schema if not exists "billing" authorization "billing_owner";
revoke all on schema "billing" from public;
grant usage on schema "billing" to "billing_app";
alter default privileges for role "billing_owner" revoke execute on functions from public;
alter default privileges for role "billing_owner" in schema "billing" grant select, insert, update, delete on tables to "billing_app";
alter default privileges for role "billing_owner" in schema "billing" grant usage on sequences to "billing_app";
do $$
begin
  execute format('grant connect on database %I to "billing_owner", "billing_app"', current_database());
end
$$;

create schema if not exists "workers" authorization "workers_owner";
revoke all on schema "workers" from public;
grant usage on schema "workers" to "workers_app";
alter default privileges for role "workers_owner" revoke execute on functions from public;
alter default privileges for role "workers_owner" in schema "workers" grant select, insert, update, delete on tables to "workers_app";
alter default privileges for role "workers_owner" in schema "workers" grant usage on sequences to "workers_app";
do $$
begin
  execute format('grant connect on database %I to "workers_owner", "workers_app"', current_database());
end
$$;

create schema if not exists "audit" authorization "audit_owner";
revoke all on schema "audit" from public;
grant usage on schema "audit" to "audit_app";
alter default privileges for role "audit_owner" revoke execute on functions from public;
alter default privileges for role "audit_owner" in schema "audit" grant select, insert, update, delete on tables to "audit_app";
alter default privileges for role "audit_owner" in schema "audit" grant usage on sequences to "audit_app";
do $$
begin
  execute format('grant connect on database %I to "audit_owner", "audit_app"', current_database());
end
$$;

do $$
begin
  execute format('revoke connect, temporary on database %I from public', current_database());
  if (select rolsuper from pg_roles where rolname = current_user) then
    revoke execute on function
      lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea), lo_open(oid, integer), lo_unlink(oid)
      from public;
  end if;
end
$$;
