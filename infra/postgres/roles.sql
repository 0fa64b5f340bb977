-- Step 1: the roles of every service. Run in any database of the server, as a superuser or with CREATEROLE.
-- They have no password yet: give each one with \password <role>, or let it come from HIVESYNC_ROLE_SECRET.

do $$
begin
  if not exists (select from pg_roles where rolname = 'identity_owner') then
    create role "identity_owner" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'identity_owner'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role identity_owner exists and may do more than it should: alter role identity_owner nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if not exists (select from pg_roles where rolname = 'identity_app') then
    create role "identity_app" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'identity_app'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role identity_app exists and may do more than it should: alter role identity_app nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if exists (select from pg_roles where rolname = 'identity_owner' and rolconnlimit = -1) then
    alter role "identity_owner" connection limit 10;
  end if;
end
$$;
do $$
begin
  if exists (select from pg_roles where rolname = 'identity_app' and rolconnlimit = -1) then
    alter role "identity_app" connection limit 40;
  end if;
end
$$;

alter role "identity_owner" set search_path = "identity", public;
alter role "identity_owner" set lock_timeout = '5s';
alter role "identity_app" set search_path = "identity", public;
alter role "identity_app" set lock_timeout = '5s';
alter role "identity_app" set statement_timeout = '30s';
alter role "identity_app" set idle_in_transaction_session_timeout = '30s';

do $$
begin
  if not exists (select from pg_roles where rolname = 'projects_owner') then
    create role "projects_owner" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'projects_owner'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role projects_owner exists and may do more than it should: alter role projects_owner nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if not exists (select from pg_roles where rolname = 'projects_app') then
    create role "projects_app" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'projects_app'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role projects_app exists and may do more than it should: alter role projects_app nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if exists (select from pg_roles where rolname = 'projects_owner' and rolconnlimit = -1) then
    alter role "projects_owner" connection limit 10;
  end if;
end
$$;
do $$
begin
  if exists (select from pg_roles where rolname = 'projects_app' and rolconnlimit = -1) then
    alter role "projects_app" connection limit 40;
  end if;
end
$$;

alter role "projects_owner" set search_path = "projects", public;
alter role "projects_owner" set lock_timeout = '5s';
alter role "projects_app" set search_path = "projects", public;
alter role "projects_app" set lock_timeout = '5s';
alter role "projects_app" set statement_timeout = '30s';
alter role "projects_app" set idle_in_transaction_session_timeout = '30s';

do $$
begin
  if not exists (select from pg_roles where rolname = 'previews_owner') then
    create role "previews_owner" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'previews_owner'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role previews_owner exists and may do more than it should: alter role previews_owner nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if not exists (select from pg_roles where rolname = 'previews_app') then
    create role "previews_app" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'previews_app'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role previews_app exists and may do more than it should: alter role previews_app nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if exists (select from pg_roles where rolname = 'previews_owner' and rolconnlimit = -1) then
    alter role "previews_owner" connection limit 10;
  end if;
end
$$;
do $$
begin
  if exists (select from pg_roles where rolname = 'previews_app' and rolconnlimit = -1) then
    alter role "previews_app" connection limit 40;
  end if;
end
$$;

alter role "previews_owner" set search_path = "previews", public;
alter role "previews_owner" set lock_timeout = '5s';
alter role "previews_app" set search_path = "previews", public;
alter role "previews_app" set lock_timeout = '5s';
alter role "previews_app" set statement_timeout = '30s';
alter role "previews_app" set idle_in_transaction_session_timeout = '30s';

do $$
begin
  if not exists (select from pg_roles where rolname = 'billing_owner') then
    create role "billing_owner" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'billing_owner'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role billing_owner exists and may do more than it should: alter role billing_owner nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if not exists (select from pg_roles where rolname = 'billing_app') then
    create role "billing_app" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'billing_app'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role billing_app exists and may do more than it should: alter role billing_app nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if exists (select from pg_roles where rolname = 'billing_owner' and rolconnlimit = -1) then
    alter role "billing_owner" connection limit 10;
  end if;
end
$$;
do $$
begin
  if exists (select from pg_roles where rolname = 'billing_app' and rolconnlimit = -1) then
    alter role "billing_app" connection limit 40;
  end if;
end
$$;

alter role "billing_owner" set search_path = "billing", public;
alter role "billing_owner" set lock_timeout = '5s';
alter role "billing_app" set search_path = "billing", public;
alter role "billing_app" set lock_timeout = '5s';
alter role "billing_app" set statement_timeout = '30s';
alter role "billing_app" set idle_in_transaction_session_timeout = '30s';

do $$
begin
  if not exists (select from pg_roles where rolname = 'workers_owner') then
    create role "workers_owner" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'workers_owner'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role workers_owner exists and may do more than it should: alter role workers_owner nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if not exists (select from pg_roles where rolname = 'workers_app') then
    create role "workers_app" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'workers_app'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role workers_app exists and may do more than it should: alter role workers_app nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if exists (select from pg_roles where rolname = 'workers_owner' and rolconnlimit = -1) then
    alter role "workers_owner" connection limit 10;
  end if;
end
$$;
do $$
begin
  if exists (select from pg_roles where rolname = 'workers_app' and rolconnlimit = -1) then
    alter role "workers_app" connection limit 40;
  end if;
end
$$;

alter role "workers_owner" set search_path = "workers", public;
alter role "workers_owner" set lock_timeout = '5s';
alter role "workers_app" set search_path = "workers", public;
alter role "workers_app" set lock_timeout = '5s';
alter role "workers_app" set statement_timeout = '30s';
alter role "workers_app" set idle_in_transaction_session_timeout = '30s';

do $$
begin
  if not exists (select from pg_roles where rolname = 'audit_owner') then
    create role "audit_owner" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'audit_owner'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role audit_owner exists and may do more than it should: alter role audit_owner nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if not exists (select from pg_roles where rolname = 'audit_app') then
    create role "audit_app" with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit;
  elsif exists (
    select
      from pg_roles
     where rolname = 'audit_app'
       and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
  ) then
    raise exception 'role audit_app exists and may do more than it should: alter role audit_app nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  end if;
end
$$;

do $$
begin
  if exists (select from pg_roles where rolname = 'audit_owner' and rolconnlimit = -1) then
    alter role "audit_owner" connection limit 10;
  end if;
end
$$;
do $$
begin
  if exists (select from pg_roles where rolname = 'audit_app' and rolconnlimit = -1) then
    alter role "audit_app" connection limit 40;
  end if;
end
$$;

alter role "audit_owner" set search_path = "audit", public;
alter role "audit_owner" set lock_timeout = '5s';
alter role "audit_app" set search_path = "audit", public;
alter role "audit_app" set lock_timeout = '5s';
alter role "audit_app" set statement_timeout = '30s';
alter role "audit_app" set idle_in_transaction_session_timeout = '30s';
