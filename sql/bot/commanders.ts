import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const rights = z.object({
  user_id: z.int(),
  is_admin: z.boolean(),
  telegram_id: z.int().nullable(),
  /** The Telegram account that may command the bot for this person, and who granted it; null: none. */
  commands_from: z.int().nullable(),
  granted_by: z.string().nullable(),
  granted_at: z.iso.datetime().nullable(),
});
export type CommandRights = z.output<typeof rights>;
export const commandRightsRow = rights;

/** What a person may command the bot from (D46), the person locked; null when there is no such person. */
export async function lockCommandRights(transaction: Sql, userId: number): Promise<CommandRights | null> {
  await transaction.query(sql.unsafe`select from users where id = ${userId} for no key update`);
  return transaction.maybeOne(sql.type(rights)`
    select users.id as user_id, users.telegram_id, commander.telegram_id as commands_from, granted_by, granted_at,
      exists (select from user_roles where user_id = users.id and is_admin_role(role)) as is_admin
    from users left join bot_commanders commander on commander.user_id = users.id where users.id = ${userId}`);
}

/** Lets an admin command the bot from the Telegram account they have now; noted for the admins if it is another one than before. */
export const grantCommands = (transaction: Sql, userId: number, by: string) =>
  transaction.query(sql.unsafe`
    with person as materialized (
      select id, telegram_id, concat_ws(' ', first_name, nullif(last_name, '')) as name from users
      where id = ${userId} and telegram_id is not null
    ), before as materialized (
      select telegram_id from bot_commanders where user_id = ${userId}
    ), granted as (
      insert into bot_commanders (user_id, telegram_id, granted_by) select id, telegram_id, ${by} from person
      on conflict (user_id) do update set telegram_id = excluded.telegram_id, granted_by = excluded.granted_by, granted_at = now()
      where bot_commanders.telegram_id <> excluded.telegram_id
      returning telegram_id
    )
    insert into rights_changes (user_id, name, change, was, now_is)
    select id, name, 'confirmed', (select telegram_id from before), granted.telegram_id from person, granted`);

/** Takes the right to command the bot away; noted for the admins. Whoever had none: nothing happens. */
export const withdrawCommands = (transaction: Sql, userId: number) =>
  transaction.query(sql.unsafe`
    with gone as (
      delete from bot_commanders where user_id = ${userId} returning telegram_id
    )
    insert into rights_changes (user_id, name, change, was, now_is)
    select id, concat_ws(' ', first_name, nullif(last_name, '')), 'withdrawn', gone.telegram_id, users.telegram_id
    from users, gone where id = ${userId}`);

const change = z.object({
  id: z.int(),
  user_id: z.int(),
  name: z.string(),
  change: z.enum(['granted', 'revoked', 'telegram', 'confirmed', 'withdrawn']),
  /** The role that was given or taken, or that the person has. */
  role: z.enum(['admin', 'owner']),
  was: z.int().nullable(),
  now_is: z.int().nullable(),
  /** Whether the Telegram account there is now may command the bot. */
  commands: z.boolean(),
  /** Telegram accounts of the other admins who may command the bot. */
  others: z.array(z.int()),
});

/** Takes the changes of rights that nobody has been notified of, in the transaction that notifies. */
export const takeRightsChanges = (transaction: Sql) =>
  transaction.any(sql.type(change)`
    with taken as (
      update rights_changes set told_at = now()
      where id in (select id from rights_changes where told_at is null order by id limit 100 for update skip locked)
      returning id, user_id, name, change, role, was, now_is
    )
    select taken.*,
      exists (select from bot_commanders commander where commander.user_id = taken.user_id and telegram_id = now_is) as commands,
      array(
        select commander.telegram_id from bot_commanders commander join users on users.id = commander.user_id
        where users.telegram_id = commander.telegram_id and is_active and commander.user_id <> taken.user_id order by 1) as others
    from taken order by id`);

/** True when a change of rights waits to be reported. */
export const anyRightsChanged = (db: Sql): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ any: z.boolean() }))`select exists (select from rights_changes where told_at is null) as any`);
