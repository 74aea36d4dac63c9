import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { locale } from '../database/locale.ts';

const registration = z.object({
  id: z.int(),
  by: z.enum(['email', 'telegram']),
  first_name: z.string(),
  last_name: z.string(),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  locale: locale.nullable(),
  text_version: z.string(),
  code_hash: z.instanceof(Buffer).nullable(),
  user_id: z.int().nullable(),
});
export type Registration = z.output<typeof registration>;
const columns = sql.fragment`id, case when start_hash is null then 'email' else 'telegram' end as by, first_name, last_name, phone, email,
  locale, text_version, code_hash, user_id`;

type NewRegistration = Pick<Registration, 'first_name' | 'last_name' | 'phone' | 'email' | 'locale' | 'text_version'> & {
  token: Buffer;
  start: Buffer | null;
  code: Buffer | null;
  now: Date;
  expires: Date;
};

/** So many registrations that are over go with each that comes. */
const PRUNED = 5;

/** Keeps who wants to become a client until it is confirmed. Hashes only of what confirms it. */
export const insertRegistration = (db: Sql, of: NewRegistration) =>
  db.query(sql.unsafe`
    with gone as (
      delete from registrations where ctid = any(array(
        select ctid from registrations where expires_at < ${of.now.toISOString()}::timestamptz - interval '1 day'
        order by expires_at limit ${PRUNED} for update skip locked))
    )
    insert into registrations
      (token_hash, start_hash, code_hash, first_name, last_name, phone, email, locale, text_version, created_at, expires_at)
    values (${sql.binary(of.token)}, ${of.start && sql.binary(of.start)}::bytea, ${of.code && sql.binary(of.code)}::bytea, ${of.first_name},
      ${of.last_name}, ${of.phone}, ${of.email}, ${of.locale}, ${of.text_version}, ${of.now.toISOString()}::timestamptz,
      ${of.expires.toISOString()}::timestamptz)`);

/** So many wrong codes end a registration. */
const MOST_TRIES = 5;

/** Whether a registration can still be confirmed. */
export const isRegistering = (db: Sql, token: Buffer, now: Date) =>
  db.exists(sql.unsafe`
    select from registrations
    where token_hash = ${sql.binary(token)} and tries < ${MOST_TRIES} and expires_at > ${now.toISOString()}::timestamptz`);

/** A registration that can still be confirmed, one try counted and the row taken for the transaction; null where it is over. */
export const tryRegistration = (transaction: Sql, token: Buffer, now: Date) =>
  transaction.maybeOne(sql.type(registration)`
    update registrations set tries = tries + 1
    where token_hash = ${sql.binary(token)} and tries < ${MOST_TRIES} and expires_at > ${now.toISOString()}::timestamptz
    returning ${columns}`);

/** The registration behind the bot's link, taken for the transaction; null where it is over or its link was opened before. */
export const openRegistration = (transaction: Sql, start: Buffer, now: Date) =>
  transaction.maybeOne(sql.type(registration)`
    select ${columns} from registrations
    where start_hash = ${sql.binary(start)} and code_hash is null and expires_at > ${now.toISOString()}::timestamptz for update`);

/** Notes whose registration it has become, and by which code the browser is let in. */
export const answerRegistration = (transaction: Sql, id: number, userId: number, code: Buffer) =>
  transaction.query(sql.unsafe`
    update registrations set user_id = ${userId}, code_hash = ${sql.binary(code)} where id = ${id}`);

/** Uses a registration up. */
export const endRegistration = (transaction: Sql, id: number) =>
  transaction.query(sql.unsafe`delete from registrations where id = ${id}`);

/** Makes a client known. Returns the id. */
export const insertClient = (
  transaction: Sql,
  of: Pick<Registration, 'first_name' | 'last_name' | 'phone' | 'email' | 'locale'> & {
    telegram?: { id: number; username: string | null };
  },
) =>
  transaction.oneFirst(sql.type(z.object({ id: z.int() }))`
    with person as (
      insert into users (first_name, last_name, phone, email, locale, telegram_id, telegram_username)
      values (${of.first_name}, ${of.last_name}, ${of.phone}, ${of.email}, ${of.locale}, ${of.telegram?.id ?? null}::bigint,
        ${of.telegram?.username ?? null})
      returning id
    ), role as (
      insert into user_roles (user_id, role) select id, 'client' from person
    )
    select id from person`);

/** Notes what somebody has agreed to; what is agreed to already stays as it is. */
export const giveConsent = (transaction: Sql, of: { userId: number; kind: string; textVersion: string; by: string; now: Date }) =>
  transaction.query(sql.unsafe`
    insert into consents (user_id, kind, text_version, given_at, given_by)
    values (${of.userId}, ${of.kind}, ${of.textVersion}, ${of.now.toISOString()}::timestamptz, ${of.by})
    on conflict (user_id, kind, text_version) where withdrawn_at is null do nothing`);
