import { findLink, giveRole, insertLink, insertPerson, type SignInLink, useLink } from '../../sql/auth/links.ts';
import { findAccount, lockLogin, setPassword } from '../../sql/auth/passwords.ts';
import { endOtherSessions, type Role } from '../../sql/auth/sessions.ts';
import type { Database, Sql } from '../../sql/database/database.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { notAcceptable, Refused } from '../refusal.ts';
import { hashPassword } from './hash.ts';
import { countryOf, LOGIN, loginFrom } from './login.ts';
import { newToken, tokenHash } from './tokens.ts';

/** Invitations are valid for seven days, new passwords for one hour. */
const VALID_MS: Record<SignInLink['purpose'], number> = {
  invitation: 7 * DAY_MS,
  'first owner': 7 * DAY_MS,
  password: 3_600_000,
};

export type Invitation = {
  login: string;
  role: Role;
  firstName?: string;
  lastName?: string;
  by: string;
};
export type MadeLink = { path: string; expires_at: string };

/** Invites somebody to a role, in the caller's transaction: whoever opens the link sets a password. A person with that login keeps their record. */
export async function invite(transaction: Sql, invitation: Invitation, now: Date, zone: string): Promise<MadeLink> {
  const login = loginFrom(invitation.login, countryOf(zone));
  if (!login) throw notAcceptable('login', LOGIN);
  const account = await findAccount(transaction, login);
  return make(transaction, {
    purpose: 'invitation',
    userId: account?.user_id ?? null,
    login: login.value,
    role: invitation.role,
    firstName: invitation.firstName ?? null,
    lastName: invitation.lastName ?? null,
    by: invitation.by,
    now,
  });
}

/** The link by which the studio's first owner comes in; whoever opens it says their login themselves. */
export const inviteFirstOwner = (transaction: Sql, now: Date) =>
  make(transaction, { purpose: 'first owner', role: 'owner', by: 'system', now });

/** A link by which a person sets a new password. */
export const makePasswordLink = (transaction: Sql, userId: number, by: string, now: Date) =>
  make(transaction, { purpose: 'password', userId, by, now });

type Wanted = Omit<Parameters<typeof insertLink>[1], 'hash' | 'expires'> & { now: Date };
async function make(transaction: Sql, { now, ...wanted }: Wanted): Promise<MadeLink> {
  const token = newToken();
  const expires = new Date(now.getTime() + VALID_MS[wanted.purpose]);
  const { expires_at } = await insertLink(transaction, { ...wanted, hash: tokenHash(token), expires });
  return { path: `/join?token=${token}`, expires_at };
}

export const GONE = 'this link was used already, or it is over; ask for a new one';

/** What a link is for, or null where it cannot be used any more. */
export const lookAtLink = (db: Sql, token: string, now: Date) => findLink(db, tokenHash(token), now);

export type Joining = { token: string; password: string; login?: string; firstName?: string; lastName?: string };

/**
 * Uses a link up: the person has the password and, of an invitation, the role. Sessions that were open end. Of two at once one gets it.
 * Throws `missing` for a link that is not valid, `invalid` where a login is needed or unusable, a `conflict` where somebody has it by now.
 */
export async function join(db: Database, joining: Joining, now: Date, zone: string): Promise<number> {
  const known = await lookAtLink(db, joining.token, now);
  if (!known) throw new Refused('missing', GONE);
  // Before the transaction: a hash takes its time, and connections are few.
  const hash = await hashPassword(joining.password);
  return db.transaction(async (transaction) => {
    const link = await useLink(transaction, tokenHash(joining.token), now);
    if (!link) throw new Refused('missing', GONE);
    const userId = link.user_id ?? (await personOf(transaction, link, joining, zone));
    await setPassword(transaction, userId, hash);
    if (link.role) await giveRole(transaction, userId, link.role);
    await endOtherSessions(transaction, userId, null);
    return userId;
  });
}

/** Who comes by a link that names nobody: somebody new. Whoever has the login by now did not ask for the link, and keeps their password. */
async function personOf(transaction: Sql, link: SignInLink, joining: Joining, zone: string): Promise<number> {
  const login = loginFrom(link.login ?? joining.login ?? '', countryOf(zone));
  if (!login) throw notAcceptable('login', LOGIN);
  if (await lockLogin(transaction, login)) {
    if (link.login === null) throw notAcceptable('login', 'one that nobody has yet');
    throw new Refused('conflict', 'somebody has this login by now; ask the studio for a new link');
  }
  const as = (kind: typeof login.kind) => (login.kind === kind ? login.value : null);
  return insertPerson(transaction, {
    firstName: link.first_name ?? joining.firstName ?? login.value.split('@')[0]!.slice(0, 100),
    lastName: link.last_name ?? joining.lastName ?? '',
    phone: as('phone'),
    email: as('email'),
    login: as('login'),
  });
}
