import { reachedAmong } from '../../sql/auth/reach.ts';
import type { RowKind, Whose } from '../../sql/auth/whose.ts';
import type { Sql } from '../../sql/database/database.ts';
import { day } from '../../sql/database/instants.ts';
import { Refused } from '../../workers/refusal.ts';
import { admit } from '../auth/gate.ts';
import type { Caller } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';
import { operationOf, type Route } from '../http/route.ts';

type Kind = 'day' | 'client' | 'training' | 'tasks' | 'runs' | 'money' | 'groups' | 'vending';
/** A topic is for those who may ask again what it says has changed: one of these operations, and of a row the kinds it may be. */
const ASKED_AGAIN: Record<Kind, readonly { operation: string; row?: RowKind }[]> = {
  day: [{ operation: 'GET /real-trainings' }, { operation: 'GET /bookings' }],
  training: [{ operation: 'GET /real-trainings/{id}', row: 'training' }],
  client: [
    { operation: 'GET /api/students/{id}', row: 'student' },
    { operation: 'GET /api/clients/{id}', row: 'client' },
    { operation: 'GET /me', row: 'person' },
  ],
  tasks: [{ operation: 'GET /api/tasks' }],
  runs: [{ operation: 'GET /process-history' }],
  money: [{ operation: 'GET /api/payments' }],
  groups: [{ operation: 'GET /api/groups' }],
  vending: [{ operation: 'GET /api/vending/terminals' }],
};
const FORM = /^(?:(day):(\d{4}-\d{2}-\d{2})|(client|training):([1-9]\d{0,9})|(tasks|runs|money|groups|vending))$/;

function read(topic: string): { kind: Kind; id: number } | undefined {
  const [, ofDay, date, row, id, whole] = FORM.exec(topic) ?? [];
  const kind = (ofDay ?? row ?? whole) as Kind | undefined;
  if (kind === undefined || (date !== undefined && !day.safeParse(date).success) || Number(id ?? 0) > 2_147_483_647)
    return undefined;
  return { kind, id: Number(id ?? 0) };
}

/** Says which of these topics a caller may watch: of known form, and of rows that are theirs. One that does not exist is nobody's. */
export function topicJudge(routes: readonly Route[]) {
  const byOperation = new Map(routes.map((route) => [operationOf(route), route]));
  return async function mayWatch(db: Sql, caller: Caller, topics: readonly string[]): Promise<Set<string>> {
    const allowed = new Set<string>();
    const wanted = Map.groupBy(new Set(topics), (topic) => read(topic)?.kind);
    for (const [kind, ofKind] of wanted) {
      for (const { operation, row } of kind ? ASKED_AGAIN[kind] : []) {
        const whose = whoseOf(caller, byOperation.get(operation));
        if (whose === undefined) continue;
        const ids = ofKind.map((topic) => read(topic)?.id as number);
        const theirs = row && new Set(await reachedAmong(db, row === 'person' ? self(caller, whose) : whose, row, ids));
        for (const [n, topic] of ofKind.entries()) if (!theirs || theirs.has(ids[n] as number)) allowed.add(topic);
      }
    }
    return allowed;
  };
}

/** Of `GET /me` everybody sees their own. */
const self = ({ personId }: Caller, whose: Whose): Whose => ({
  everything: false,
  self: personId ?? 0,
  trainer: null,
  students: [],
  payer: null,
  ...(whose.everything ? {} : { self: whose.self }),
});

function whoseOf(caller: Caller, route: Route | undefined): Whose | undefined {
  try {
    return route && admit(caller, route);
  } catch (error) {
    if (error instanceof Problem || error instanceof Refused) return undefined;
    throw error;
  }
}
