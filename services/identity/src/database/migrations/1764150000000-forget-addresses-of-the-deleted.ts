import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A deleted account has no address. One made up for it could be registered by somebody else before, and the account
 * would then not be deletable. The trigger is for the version before this one, which still writes such an address.
 * Addresses are told apart by one folding that no locale changes; `users_email_key` stays while that version runs.
 */
export class ForgetAddressesOfTheDeleted1764150000000 implements MigrationInterface {
  name = 'ForgetAddressesOfTheDeleted1764150000000';

  async up(runner: QueryRunner): Promise<void> {
    // The strongest lock first: to ask for it after the index has a weaker one ends in a deadlock with writers.
    await runner.query('lock table users in access exclusive mode');
    await runner.query('create unique index users_email_folded_key on users (lower(email collate "C"))');
    await runner.query('alter table users alter column email drop not null');
    await runner.query(`
      create function forget_address_of_deleted() returns trigger
      language plpgsql as $$
      begin
        new.email := null;
        return new;
      end $$`);
    await runner.query(`
      create trigger users_forget_address_of_deleted
      before insert or update on users
      for each row
      when (new.deleted_at is not null and new.email is not null)
      execute function forget_address_of_deleted()`);
    await runner.query('update users set email = null where deleted_at is not null');
    await runner.query(`
      alter table users
      add constraint users_email_present_check check ((email is null) = (deleted_at is not null))`);
    await runner.query(
      `comment on column users.email is
       'As the person wrote it; unique in one folding, A to Z in lower case. None once the account is deleted.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `comment on column users.email is 'As the person wrote it; unique whatever its case.'`,
    );
    await runner.query('alter table users drop constraint users_email_present_check');
    await runner.query('drop trigger users_forget_address_of_deleted on users');
    await runner.query('drop function forget_address_of_deleted()');
    // With a space in it, so that no request can name it.
    await runner.query(`update users set email = 'deleted @' || id where email is null`);
    await runner.query('alter table users alter column email set not null');
    await runner.query('drop index users_email_folded_key');
  }
}
