import { type Scope, scopes } from '../../queues/jobs/scopes.ts';
import type { OpenSession, Role } from '../../sql/auth/sessions.ts';
import type { Caller } from '../http/caller.ts';

const OWNERS: readonly Scope[] = ['*', 'rights:write', 'pay:write', 'run:export'];

/** An owner may do everything, an admin everything but rights, keys, restore, trainers' pay and taking all of it out; all others what the policy says of their own rows. */
export const scopesOfRoles = (roles: readonly Role[]): readonly Scope[] => {
  if (roles.includes('owner')) return ['*'];
  return roles.includes('admin') ? scopes.filter((scope) => !OWNERS.includes(scope)) : [];
};

/** A person as a caller. Rows name them `person:ID`. */
export const callerFrom = (session: OpenSession, later: Pick<Caller, 'isStillLetIn' | 'renewed'>): Caller => ({
  id: `person:${session.user_id}`,
  name: `person:${session.user_id}`,
  scopes: session.is_limited ? [] : scopesOfRoles(session.roles),
  personId: session.user_id,
  person: {
    id: session.user_id,
    first_name: session.first_name,
    last_name: session.last_name,
    locale: session.locale,
    roles: session.roles,
    children: session.children,
    refills: session.refills,
    sessionId: session.id,
    isLimited: session.is_limited,
  },
  ...later,
});

/** Somebody who did not sign in; each network is a caller of its own. */
export const visitorFrom = (network: string): Caller => ({
  id: `visitor:${network}`,
  name: 'visitor',
  scopes: [],
  isVisitor: true,
  isStillLetIn: async () => true,
});
