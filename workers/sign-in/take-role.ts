import type { Role } from '../../sql/auth/sessions.ts';
import { deleteRole, endInvitationsTo, lockOwners } from '../../sql/auth/take-role.ts';
import type { Sql } from '../../sql/database/database.ts';
import { Refused } from '../refusal.ts';

/**
 * Takes a role away from a person, in the caller's transaction: the sessions end with it (R32), and so do unused invitations to it.
 * Throws `missing` where they do not have it, and a `conflict` for the last owner who is active: nobody could give rights any more.
 */
export async function takeRole(transaction: Sql, userId: number, role: Role) {
  if (role === 'owner') {
    const owners = await lockOwners(transaction);
    if (owners.includes(userId) && owners.length === 1)
      throw new Refused('conflict', 'this is the last owner: make somebody else an owner first');
  }
  if (!(await deleteRole(transaction, userId, role))) throw new Refused('missing', `person ${userId} has no role "${role}"`);
  await endInvitationsTo(transaction, userId, role);
}
