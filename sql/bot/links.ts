import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { locale } from '../database/locale.ts';

const hashOf = (token: string) => sql.binary(createHash('sha256').update(token).digest());

/** Stores a personal link by its token's hash. An earlier one of the same person that nobody used is void from now on. */
export async function makeLink(
  transaction: Sql,
  request: { userId: number; token: string; createdBy: string; now: Date; days: number },
) {
  await transaction.query(sql.unsafe`select from users where id = ${request.userId} for update`);
  await transaction.query(sql.unsafe`
    update telegram_links set revoked_at = now() where user_id = ${request.userId} and used_at is null and revoked_at is null`);
  return transaction.oneFirst(sql.type(z.object({ expires_at: z.iso.datetime() }))`
    insert into telegram_links (user_id, token_hash, created_by, expires_at)
    values (${request.userId}, ${hashOf(request.token)}, ${request.createdBy},
      ${request.now.toISOString()}::timestamptz + make_interval(days => ${request.days}))
    returning expires_at`);
}

const link = z.object({
  id: z.int(),
  user_id: z.int(),
  first_name: z.string(),
  locale: locale.nullable(),
  is_active: z.boolean(),
  telegram_id: z.int().nullable(),
  /** Whose Telegram does not command the bot because of a link (D46). */
  is_admin: z.boolean(),
  expired: z.boolean(),
  revoked: z.boolean(),
  used_by: z.int().nullable(),
});
export type TelegramLink = z.output<typeof link>;

/** The link behind a token with the person it is for, taken for the transaction; null when the token is unknown. */
export const lockLink = (transaction: Sql, token: string, now: Date): Promise<TelegramLink | null> =>
  transaction.maybeOne(sql.type(link)`
    select link.id, user_id, first_name, locale, is_active, telegram_id,
      exists (select from user_roles where user_roles.user_id = link.user_id and is_admin_role(role)) as is_admin, expires_at <= ${now.toISOString()}::timestamptz as expired,
      revoked_at is not null as revoked, used_by
    from telegram_links link join users on users.id = user_id
    where token_hash = ${hashOf(token)} for update of link, users`);

/**
 * Uses a link: its person is reached under this Telegram id from now on.
 * Returns false, and does nothing, when somebody else of the studio has that Telegram id.
 */
export async function takeLink(transaction: Sql, invitation: TelegramLink, telegram: { id: number; username: string | null }) {
  const { rowCount } = await transaction.query(sql.unsafe`
    update users set telegram_id = ${telegram.id}, telegram_username = ${telegram.username}
    where id = ${invitation.user_id} and not exists (select from users other where other.telegram_id = ${telegram.id} and other.id <> ${invitation.user_id})`);
  if (rowCount === 0) return false;
  await transaction.query(sql.unsafe`
    update telegram_links set used_at = now(), used_by = ${telegram.id} where id = ${invitation.id}`);
  return true;
}

/** Makes a link void: it was shown where others could read it. */
export const revokeLink = (db: Sql, token: string) =>
  db.query(sql.unsafe`
    update telegram_links set revoked_at = now() where token_hash = ${hashOf(token)} and used_at is null and revoked_at is null`);

/** Remembers what Telegram calls the bot, for those who do not talk to Telegram themselves. */
export const noteProfile = (db: Sql, botId: number, username: string) =>
  db.query(sql.unsafe`
    insert into bot_profile (bot_id, username) values (${botId}, ${username})
    on conflict (bot_id) do update set username = excluded.username, seen_at = now()`);

/** The bot's user name, or null while it has never reached Telegram. */
export const usernameOf = (db: Sql, botId: number) =>
  db.maybeOneFirst(sql.type(z.object({ username: z.string() }))`select username from bot_profile where bot_id = ${botId}`);
