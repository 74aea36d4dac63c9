import { z } from 'zod';
import { reaches } from '../../sql/auth/reach.ts';
import { EVERYTHING, type RowKind, type Whose } from '../../sql/auth/whose.ts';
import type { Sql } from '../../sql/database/database.ts';
import { demandScope, mayDo } from '../../workers/rights.ts';
import type { Asked, Caller, Person } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';
import { operationOf, scopesOf } from '../http/route.ts';
import { LIMITED, type PolicyRole, policy, type Rule } from './policy.ts';
import { unknownCaller } from './unknown-caller.ts';

/** Of nothing, but what is added. */
const NOBODYS = { everything: false, self: 0, trainer: null, students: [], payer: null } as const;

type Input = Readonly<Record<'params' | 'query' | 'body', unknown>>;

/**
 * Whose rows a caller may ask a route for. Throws a 401 for a visitor, a 403 for whoever may not ask for it at all.
 * Rows that the request names are judged by {@link demandRows}, once it is known to be well formed.
 */
export function admit(caller: Caller, asked: Asked): Whose {
  const rule = policy[operationOf(asked)] ?? {};
  const isOpen = rule.visitor === 'all';
  if (caller.person) return isOpen ? EVERYTHING : whoseOf(caller, caller.person, rule, asked);
  if (caller.isVisitor && !isOpen) throw unknownCaller('sign in, or send a key: header X-API-Key', false);
  if (caller.isVisitor || (asked.scope === null && isOpen)) return EVERYTHING;
  if (asked.scope === null) throw new Problem(403, 'this is for people who sign in, not for keys');
  demandScope(caller, asked.scope);
  if (caller.vendingOwnerId === undefined) return EVERYTHING;
  if (rule.vending_owner === undefined) throw new Problem(403, 'this key is bound to a vending owner');
  return { ...NOBODYS, vending: { ownerId: caller.vendingOwnerId } };
}

function whoseOf(caller: Caller, person: Person, rule: Rule, asked: Asked): Whose {
  if (person.isLimited && !LIMITED.has(operationOf(asked)))
    throw new Problem(403, 'show the second factor first: POST /me/totp/confirm, or set it up: POST /me/totp');
  if (asked.scope !== null && mayDo(caller, ...scopesOf(asked))) return EVERYTHING;
  const roles = rolesOf(person).filter((role) => rule[role] !== undefined);
  if (roles.some((role) => rule[role] === 'all')) return EVERYTHING;
  if (roles.length === 0) throw new Problem(403, 'this is not for your role');
  const isFamily = roles.includes('client') || roles.includes('guardian');
  return {
    everything: false,
    self: person.id,
    trainer: roles.includes('trainer') ? person.id : null,
    students: [...(roles.includes('client') ? [person.id] : []), ...(roles.includes('guardian') ? person.children : [])],
    payer: isFamily ? person.id : null,
    ...(roles.includes('vending_owner') ? { vending: { userId: person.id } } : {}),
    ...(roles.includes('refiller') ? { refiller: person.id } : {}),
  };
}

/** The roles of the policy that somebody has; whoever has children here is a guardian, and everybody who signs in looks after oneself. */
const rolesOf = ({ roles, children, refills }: Person): PolicyRole[] => [
  ...(roles.includes('trainer') ? (['trainer'] as const) : []),
  'client',
  ...(children.length > 0 ? (['guardian'] as const) : []),
  ...(roles.includes('vending_owner') ? (['vending_owner'] as const) : []),
  ...(refills ? (['refiller'] as const) : []),
];

const rowId = z.int();

/** Throws a 404 for a row that is not among theirs, as if there were none, and a 403 for a field that says what only staff may. */
export async function demandRows(db: Sql, whose: Whose, asked: Asked, input: Input) {
  if (whose.everything) return;
  const { rows = {}, only = {} } = policy[operationOf(asked)] ?? {};
  const body = (input.body ?? {}) as Record<string, unknown>;
  for (const [field, allowed] of Object.entries(only)) {
    if (body[field] !== undefined && !allowed.includes(body[field]))
      throw new Problem(
        403,
        allowed.length === 0
          ? `"${field}" is not for your role`
          : `"${field}" may only be ${allowed.map(String).join(' or ')} for your role`,
      );
  }
  for (const [place, kind] of Object.entries(rows)) {
    const [where, name] = place.split('.') as ['params' | 'query' | 'body', string];
    const id = rowId.safeParse((input[where] as Record<string, unknown> | undefined)?.[name]);
    if (id.success && !(await reaches(db, whose, kind, id.data))) throw new Problem(404, `there is no ${NAMES[kind]} ${id.data}`);
  }
}

/** How the routes call what they do not find. */
const NAMES: Record<RowKind, string> = {
  training: 'training',
  template: 'training template',
  group: 'group',
  booking: 'booking',
  student: 'student',
  family: 'person',
  client: 'client',
  specialist: 'specialist',
  person: 'person',
  payer: 'student',
  invoice: 'invoice',
  payment: 'payment',
  payment_order: 'payment order',
  subscription: 'subscription',
  request: 'request',
  absence: 'absence',
  pupil: 'award',
  exam: 'exam',
  member: 'membership',
  seat: 'place',
  vending_owner: 'vending owner',
  vending_terminal: 'vending terminal',
  vending_task: 'vending task',
  stock_place: 'stock place',
  ingredient: 'ingredient',
};

/** An answer as somebody may see it: what is hidden from a trainer is null (R32). A trainer sees one's own and one's children's whole elsewhere. */
export function shownTo(whose: Whose, asked: Asked, answer: unknown): unknown {
  const { hidden } = policy[operationOf(asked)] ?? {};
  if (whose.everything || whose.trainer === null || !hidden) return answer;
  return without(answer, hidden, whose.students);
}

/** @param family students whose rows are shown whole */
function without(value: unknown, hidden: readonly string[], family: readonly number[]): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, hidden, family));
  if (typeof value !== 'object' || value === null) return value;
  const { id, client_id: client = id } = value as { id?: number; client_id?: number };
  if (typeof client === 'number' && family.includes(client)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, hidden.includes(name) ? null : without(part, hidden, family)]),
  );
}
