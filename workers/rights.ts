import type { Scope } from '../queues/jobs/scopes.ts';
import { balanceOf } from '../sql/finance/payments.ts';
import { lockCommands } from '../sql/records/rights.ts';
import type { CallContext, Caller } from './call-context.ts';
import { Refused } from './refusal.ts';

/** Whether the caller has one of these scopes. */
export const mayDo = ({ scopes }: Caller, ...wanted: readonly Scope[]) =>
  scopes.includes('*') || wanted.some((scope) => scopes.includes(scope));

/**
 * Throws `not_allowed`, which names the scope, unless the caller has it.
 * @param why what of the request needs it, where the request as a whole does not
 */
export function demandScope(caller: Caller, scope: Scope | readonly [Scope, ...Scope[]], why?: string) {
  const wanted = typeof scope === 'string' ? [scope] : scope;
  if (mayDo(caller, ...wanted)) return;
  if (caller.personId !== undefined) throw new Refused('not_allowed', `your role may not do this${why ? `: ${why}` : ''}`);
  const named = wanted.map((scope) => `"${scope}"`).join(' or ');
  throw new Refused('not_allowed', `the key "${caller.name}" lacks the scope ${named}${why ? `: ${why}` : ''}`);
}

type Asked = Pick<CallContext, 'db' | 'caller'>;

/** What a caller may see of a wallet: its balance with the scope of reading money, or where it is one's own; else nothing (D45). */
export const shownBalance = async ({ db, caller }: Asked, payerId: number): Promise<{ balance_minor?: number }> =>
  mayDo(caller, 'money:read') || caller.personId === payerId ? { balance_minor: await balanceOf(db, payerId) } : {};

/**
 * Throws `not_allowed` without the money scope where another payer is named for somebody: that one's wallet pays from then on (D45).
 * @param before who pays as things stand; null for somebody new
 */
export function demandPayerNaming(caller: Caller, before: number | null, payerId: number | undefined) {
  if (payerId === undefined || payerId === before) return;
  demandScope(caller, 'money:write', 'payer_id names whose wallet pays');
}

/** Throws `not_allowed` where the wallet of another payer would pay; one's own is one's own (D45). */
export function demandWallet(caller: Caller, payerId: number, clientId: number) {
  if (payerId === clientId || caller.personId === payerId) return;
  demandScope(caller, 'money:write', 'the wallet of another payer pays');
}

/** By these a person who commands is recognised, or is let in: whoever changes them could become that person. */
const RECOGNISED_BY = ['telegram_id', 'phone', 'email', 'login', 'is_active'] as const;

/**
 * Throws `not_allowed` without the scope of rights where a change of a person's record would change who commands (D46): how an admin
 * or owner is recognised, or whether. The record is locked in the caller's transaction.
 */
export async function demandRecognition({ db, caller }: Asked, userId: number, before: object, change: object) {
  const changed = RECOGNISED_BY.filter((field) => field in change && fieldOf(change, field) !== fieldOf(before, field));
  if (changed.length === 0 || mayDo(caller, 'rights:write') || !(await lockCommands(db, userId))) return;
  demandScope(caller, 'rights:write', `${changed.join(', ')} of somebody who commands the fleet`);
}

const fieldOf = (record: object, field: string): unknown => (record as Record<string, unknown>)[field];

/** Throws `not_allowed` without the scope of rights where a Telegram link would be an admin's or owner's (D46). */
export async function demandLinking({ db, caller }: Asked, userId: number) {
  if (caller.personId === userId) return;
  if (mayDo(caller, 'rights:write') || !(await lockCommands(db, userId))) return;
  demandScope(caller, 'rights:write', 'a Telegram link for somebody who commands the fleet');
}

/**
 * Throws `not_allowed` without the scope of rights where somebody would sign in as a person who commands: by a link or a password
 * (D46).
 */
export async function demandSigningInAs({ db, caller }: Asked, userId: number) {
  if (mayDo(caller, 'rights:write') || !(await lockCommands(db, userId))) return;
  demandScope(caller, 'rights:write', 'a link by which somebody who commands signs in');
}
