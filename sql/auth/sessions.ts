import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { locale } from '../database/locale.ts';

export const roles = ['owner', 'admin', 'trainer', 'client', 'vending_owner'] as const;
export type Role = (typeof roles)[number];
export type OpenedBy = 'password' | 'telegram' | 'telegram-app' | 'link' | 'code';

const openSession = z.object({
  id: z.int(),
  user_id: z.int(),
  first_name: z.string(),
  last_name: z.string(),
  locale: locale.nullable(),
  roles: z.array(z.enum(roles)),
  /** Students this person looks after (R32). */
  children: z.array(z.int()),
  /** Restock tasks are, or were of late, theirs to do. */
  refills: z.boolean(),
  /** May do nothing but show or set up a second factor: the session has not shown it yet, or staff must have one and has none. */
  is_limited: z.boolean(),
  seen_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});
/** A session that is valid, and who it is. */
export type OpenSession = z.output<typeof openSession>;

/** The session of a token's hash at an instant, or null: unknown, ended, over, or its person is not active. One indexed read. */
export const findSession = (db: Sql, hash: Buffer, now: Date, today: string) =>
  db.maybeOne(sql.prepared('find_session', openSession)`
    select session.id, user_id, first_name, last_name, locale, seen_at, expires_at,
      is_limited or (
        exists (select from sign_in_rules where staff_totp = 'required')
        and exists (select from user_roles where user_id = session.user_id and role <> 'client')
        and not exists (select from totp_secrets where user_id = session.user_id and confirmed_at is not null)) as is_limited,
      array(select role from user_roles where user_id = session.user_id order by role) as roles,
      array(select student_id from guardians join users child on child.id = student_id
        where guardian_id = session.user_id and is_guarded(child.birth_date, allowed_after_18, ${today}::date)
        order by student_id) as children,
      exists (select from vending_tasks where assignee_id = session.user_id and hidden_at is null) as refills
    from sessions session join users on users.id = user_id
    where token_hash = ${sql.binary(hash)} and expires_at > ${now.toISOString()}::timestamptz and is_active`);

/** Which of these sessions are valid at an instant. Being looked at does not count as being used. */
export const validSessions = (db: Sql, ids: readonly number[], now: Date) =>
  db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select session.id from sessions session join users on users.id = user_id
    where session.id = any(${sql.array([...ids], 'int8')}) and expires_at > ${now.toISOString()}::timestamptz and is_active`);

type NewSession = {
  userId: number;
  hash: Buffer;
  openedBy: OpenedBy;
  isLimited: boolean;
  now: Date;
  expires: Date;
  agent: string;
  address: string;
};

/** So many sessions of one person are open at most; one more ends the one used longest ago. */
const MOST_SESSIONS = 50;

/** Opens a session. Returns its id. */
export const insertSession = (db: Sql, session: NewSession) =>
  db.oneFirst(sql.type(z.object({ id: z.int() }))`
    with surplus as (
      delete from sessions where id in (
        select id from sessions where user_id = ${session.userId} order by seen_at desc, id desc offset ${MOST_SESSIONS - 1})
    )
    insert into sessions (user_id, token_hash, opened_by, is_limited, created_at, seen_at, expires_at, agent, address)
    values (${session.userId}, ${sql.binary(session.hash)}, ${session.openedBy}, ${session.isLimited}, ${session.now.toISOString()}::timestamptz,
      ${session.now.toISOString()}::timestamptz, ${session.expires.toISOString()}::timestamptz, ${session.agent.slice(0, 300)}, ${session.address})
    returning id`);

/** Notes that a session was used, and until when it is valid from now on. */
export const touchSession = (db: Sql, id: number, now: Date, expires: Date) =>
  db.query(sql.unsafe`
    update sessions set seen_at = greatest(seen_at, ${now.toISOString()}::timestamptz),
      expires_at = greatest(expires_at, ${expires.toISOString()}::timestamptz)
    where id = ${id}`);

/** Notes that the second factor was shown in a session. */
export const liftLimit = (db: Sql, id: number) => db.query(sql.unsafe`update sessions set is_limited = false where id = ${id}`);

export const sessionRow = z.object({
  id: z.int(),
  opened_by: z.string(),
  created_at: z.iso.datetime(),
  seen_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  agent: z.string(),
  address: z.string(),
});

/** A person's open sessions, the one used last first. */
export const sessionsOf = (db: Sql, userId: number, now: Date) =>
  db.any(sql.type(sessionRow)`
    select id, opened_by, created_at, seen_at, expires_at, agent, address from sessions
    where user_id = ${userId} and expires_at > ${now.toISOString()}::timestamptz order by seen_at desc, id desc`);

/** Ends one session of a person. False when there is none of that id. */
export async function endSession(db: Sql, userId: number, id: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`delete from sessions where id = ${id} and user_id = ${userId}`);
  return rowCount > 0;
}

/** Ends all sessions of a person but one. Returns how many. */
export async function endOtherSessions(db: Sql, userId: number, but: number | null): Promise<number> {
  const { rowCount } = await db.query(
    sql.unsafe`delete from sessions where user_id = ${userId} and id is distinct from ${but}::bigint`,
  );
  return rowCount;
}
