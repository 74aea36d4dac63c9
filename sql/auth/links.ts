import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type Role, roles } from './sessions.ts';

const link = z.object({
  id: z.int(),
  purpose: z.enum(['invitation', 'first owner', 'password']),
  user_id: z.int().nullable(),
  login: z.string().nullable(),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
  role: z.enum(roles).nullable(),
  expires_at: z.iso.datetime(),
});
export type SignInLink = z.output<typeof link>;
const columns = sql.fragment`id, purpose, user_id, login, first_name, last_name, role, expires_at`;

type NewLink = {
  hash: Buffer;
  purpose: SignInLink['purpose'];
  userId?: number | null;
  login?: string | null;
  firstName?: string | null;
  lastName?: string | null;
  role?: Role | null;
  by: string;
  expires: Date;
};

/** Keeps a link. One for the same person or login and purpose that was not used yet is replaced. */
export async function insertLink(transaction: Sql, invitation: NewLink) {
  await transaction.query(sql.unsafe`
    delete from sign_in_links where used_at is null and purpose = ${invitation.purpose}
      and user_id is not distinct from ${invitation.userId ?? null}::int and login is not distinct from ${invitation.login ?? null}::text`);
  return transaction.one(sql.type(link)`
    insert into sign_in_links (token_hash, purpose, user_id, login, first_name, last_name, role, created_by, expires_at)
    values (${sql.binary(invitation.hash)}, ${invitation.purpose}, ${invitation.userId ?? null}, ${invitation.login ?? null}, ${invitation.firstName ?? null}, ${invitation.lastName ?? null},
      ${invitation.role ?? null}, ${invitation.by}, ${invitation.expires.toISOString()}::timestamptz)
    returning ${columns}`);
}

/** Whoever has left the studio comes in by no link. */
const isForSomebody = sql.fragment`(user_id is null or exists (select from users where users.id = user_id and is_active))`;

/** A link that can still be used, or null. */
export const findLink = (db: Sql, hash: Buffer, now: Date) =>
  db.maybeOne(sql.type(link)`
    select ${columns} from sign_in_links
    where token_hash = ${sql.binary(hash)} and used_at is null and expires_at > ${now.toISOString()}::timestamptz and ${isForSomebody}`);

/** Uses a link up, in the caller's transaction: of two at once one gets it, the other null. */
export const useLink = (transaction: Sql, hash: Buffer, now: Date) =>
  transaction.maybeOne(sql.type(link)`
    update sign_in_links set used_at = ${now.toISOString()}::timestamptz
    where token_hash = ${sql.binary(hash)} and used_at is null and expires_at > ${now.toISOString()}::timestamptz and ${isForSomebody}
    returning ${columns}`);

/** Whether the studio has an owner who can sign in. */
export const hasOwner = (db: Sql) =>
  db.exists(sql.unsafe`
    select from user_roles join passwords using (user_id) join users on users.id = user_id where role = 'owner' and is_active`);

/** Gives a person a role. Returns false when they have it already. */
export async function giveRole(transaction: Sql, userId: number, role: Role): Promise<boolean> {
  const { rowCount } = await transaction.query(
    sql.unsafe`insert into user_roles (user_id, role) values (${userId}, ${role}) on conflict do nothing`,
  );
  return rowCount > 0;
}

type NewPerson = { firstName: string; lastName: string; phone: string | null; email: string | null; login: string | null };

/** Makes a person known. Returns the id. */
export const insertPerson = (transaction: Sql, person: NewPerson) =>
  transaction.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into users (first_name, last_name, phone, email, login)
    values (${person.firstName}, ${person.lastName}, ${person.phone}, ${person.email}, ${person.login}) returning id`);
