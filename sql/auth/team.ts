import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const teamMemberRow = z.object({
  id: z.int(),
  first_name: z.string(),
  last_name: z.string(),
  roles: z.array(z.string()),
  /** Whether they can sign in with a password, and whether they show a second factor. */
  has_password: z.boolean(),
  has_totp: z.boolean(),
  /** Open sessions, and when the one used last was used; null: none is open. */
  devices: z.int(),
  seen_at: z.iso.datetime().nullable(),
});

/** Who works here, by name: everybody active with another role than a client's. */
export const listTeam = (db: Sql, now: Date) =>
  db.any(sql.type(teamMemberRow)`
    select users.id, first_name, last_name,
      array(select role from user_roles where user_id = users.id order by role) as roles,
      exists (select from passwords where user_id = users.id) as has_password,
      exists (select from totp_secrets where user_id = users.id and confirmed_at is not null) as has_totp,
      coalesce(open.devices, 0)::int as devices, open.seen_at
    from users
    left join lateral (
      select count(*) as devices, max(seen_at) as seen_at from sessions
      where user_id = users.id and expires_at > ${now.toISOString()}::timestamptz) open on true
    where is_active and exists (select from user_roles where user_id = users.id and role <> 'client')
    order by first_name collate "C", last_name collate "C", users.id`);

export const openInvitationRow = z.object({
  id: z.int(),
  login: z.string().nullable(),
  role: z.string().nullable(),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});

/** Invitations to work here that nobody has used yet, newest first. */
export const openInvitations = (db: Sql, now: Date) =>
  db.any(sql.type(openInvitationRow)`
    select id, login, role, first_name, last_name, created_at, expires_at from sign_in_links
    where purpose = 'invitation' and role <> 'client' and used_at is null and expires_at > ${now.toISOString()}::timestamptz
    order by id desc`);
