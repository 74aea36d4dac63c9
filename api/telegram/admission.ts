import type { Whose } from '../../sql/auth/whose.ts';
import type { Sql } from '../../sql/database/database.ts';
import { Refused } from '../../workers/refusal.ts';
import { admit, demandRows } from '../auth/gate.ts';
import { scopesOfRoles, visitorFrom } from '../auth/person.ts';
import type { Caller } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';
import { operationOf, type Route } from '../http/route.ts';
import { routes } from '../routes/all.ts';
import { type Asker, nameOf, type Turn } from './decision.ts';

/** What a command or a button asks for, as if it were asked over HTTP: `POST /schedule/{name}/pause`, and the rows it names. */
export type BotAsking = { operation: string; params?: Record<string, unknown>; body?: Record<string, unknown> };
/** The operation of a command or a button, or how to find it from what stands behind the word. */
export type BotOperation = string | ((turn: Turn, argument: string) => BotAsking | Promise<BotAsking>);

const byOperation = new Map<string, Route>(routes.map((route) => [operationOf(route), route]));

/**
 * Asks the policy whether the asker may do what a command or a button does, and whose rows they may do it to.
 * @returns `not_allowed` where it is not for them, `missing` where it is, and names rows of others
 */
export async function admitted(
  turn: Turn,
  operation: BotOperation,
  argument: string,
): Promise<Whose | 'not_allowed' | 'missing'> {
  const asking = typeof operation === 'string' ? { operation } : await operation(turn, argument);
  return admittedTo(turn.db, callerBehind(turn.asker), asking);
}

async function admittedTo(db: Sql, caller: Caller, { operation, params = {}, body = {} }: BotAsking) {
  const route = byOperation.get(operation);
  if (!route) throw new Error(`there is no operation ${operation}`);
  try {
    const whose = admit(caller, route);
    await demandRows(db, whose, route, { params, query: {}, body });
    return whose;
  } catch (error) {
    if (error instanceof Problem) return error.status === 404 ? 'missing' : 'not_allowed';
    if (error instanceof Refused) return 'not_allowed';
    throw error;
  }
}

const stays = { isStillLetIn: async () => true };

/**
 * The asker as the policy knows callers. Whoever may command (D46) has the scopes of their role, and in a chat of the settings those
 * of an admin. Others are who they are, without the rights of staff, in private; in a group they are visitors, for it reads along.
 */
export function callerBehind(asker: Asker): Caller {
  const { person, isAdmin, isPrivate } = asker;
  const isSomebody = person !== null && (isPrivate || isAdmin);
  if (!isSomebody && !isAdmin) return visitorFrom('telegram');
  const name = nameOf(asker);
  const scopes = isAdmin ? scopesOfRoles(person?.commands ? person.roles : ['admin']) : [];
  if (!isSomebody) return { id: name, name, scopes, ...stays };
  const { id, first_name, last_name, locale, roles, children, refills } = person;
  const known = { id, first_name, last_name, locale, roles, children, refills, sessionId: 0, isLimited: false };
  return { id: name, name, scopes, personId: id, person: known, ...stays };
}
