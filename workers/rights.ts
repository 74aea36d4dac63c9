import type { Scope } from '../queues/process/scopes.ts';
import type { Caller } from './call-context.ts';
import { Refused } from './refusal.ts';

/** Whether the caller has one of these scopes. */
export const mayDo = ({ scopes }: Caller, ...wanted: readonly Scope[]) =>
  scopes.includes('*') || wanted.some((scope) => scopes.includes(scope));

/**
 * Throws a refusal (403) that names the scope unless the caller has it.
 * @param why what of the request needs it, where the request as a whole does not
 */
export function demandScope(caller: Caller, scope: Scope | readonly [Scope, ...Scope[]], why?: string) {
  const wanted = typeof scope === 'string' ? [scope] : scope;
  if (mayDo(caller, ...wanted)) return;
  const named = wanted.map((one) => `"${one}"`).join(' or ');
  throw new Refused('not_allowed', `the key "${caller.name}" lacks the scope ${named}${why ? `: ${why}` : ''}`);
}
