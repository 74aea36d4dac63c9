import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const account = z.object({ user_id: z.int(), hash: z.string().nullable(), is_active: z.boolean() });
/** Who a login means. `hash` null: has no password. */
export type Account = z.output<typeof account>;

/** What somebody signs in with: a phone in E.164, an e-mail, or a login. */
export type Login = { kind: 'phone' | 'email' | 'login'; value: string };

/** A person who has this phone, e-mail or login. */
const has = ({ kind, value }: Login) =>
  ({
    phone: sql.fragment`phone = ${value}`,
    email: sql.fragment`lower(email) = ${value}`,
    login: sql.fragment`login = ${value}`,
  })[kind];

/** Whether anybody has it, once nobody else is about to: others who ask for the same wait until the transaction ends. */
export async function lockLogin(transaction: Sql, login: Login): Promise<boolean> {
  await transaction.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('login'), hashtext(${login.value}))`);
  return transaction.exists(sql.unsafe`select from users where ${has(login)}`);
}

/**
 * The one person a login means, or null: nobody, or an e-mail that several have (they sign in by phone or login). Of a record that was
 * merged: who that is now.
 */
export async function findAccount(db: Sql, login: Login): Promise<Account | null> {
  const found = await db.any(sql.type(account)`
    select distinct users.id as user_id, hash, is_active
    from (select coalesce(merged_into, id) as id from users where ${has(login)}) as known join users using (id)
    left join passwords on user_id = users.id order by is_active desc, users.id limit 2`);
  const [first, second] = found;
  return first && (!second || (first.is_active && !second.is_active)) ? first : null;
}

/** The hash of a person's password, or null. */
export const findPassword = (db: Sql, userId: number) =>
  db.maybeOneFirst(sql.type(z.object({ hash: z.string() }))`select hash from passwords where user_id = ${userId}`);

/** Sets a person's password. */
export const setPassword = (db: Sql, userId: number, hash: string) =>
  db.query(sql.unsafe`
    insert into passwords (user_id, hash) values (${userId}, ${hash})
    on conflict (user_id) do update set hash = excluded.hash, set_at = now()`);

/** Replaces a hash by a newer one of the same password; not one that was set meanwhile. */
export const renewPassword = (db: Sql, userId: number, before: string, hash: string) =>
  db.query(sql.unsafe`update passwords set hash = ${hash} where user_id = ${userId} and hash = ${before}`);
