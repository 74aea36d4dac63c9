import { AsyncLocalStorage } from 'node:async_hooks';
import { alone, gather, type One, type Work } from '../../sql/database/batch.ts';
import type { Database, Sql } from '../../sql/database/database.ts';
import { joinParts, type Requested, type RunRequest, requestRun, requestRuns } from '../../sql/runs/request.ts';
import { noteSlotDays } from '../../sql/slots/changes.ts';
import type { Day } from '../time/calendar.ts';
import { type RunName, runs } from './catalog.ts';
import type { RunDefinition } from './run-definition.ts';

export type ProcessRequest = Requested & {
  /** The runs a new one consists of, in order; their jobs are enqueued together with its own. */
  parts: Requested[];
};
export type Requester = Pick<RunRequest, 'scheduled_for' | 'again' | 'created_by' | 'api_key_used' | 'request_id'>;

/** So many runs of one caller are open at most (D44). */
const MOST_OPEN = 20;

/** A caller has asked for more than is done at once; nothing was asked for. */
export class TooManyOpenRuns extends Error {
  override name = 'TooManyOpenRuns';
  constructor() {
    super(`${MOST_OPEN} of your runs are not over yet; wait until one of them is`);
  }
}

/**
 * Asks for a process: a run in the database, and for a process of several parts a run for each of them, each after the one
 * before. A part that is queued, running or done already is taken as it is. All of it is one transaction.
 * Throws {@link TooManyOpenRuns} for a caller's 21st new run that is open (D44); what the timetable asks for is not counted.
 * @param db a pool, where runs that are asked for in the same moment are one statement, or the caller's transaction
 * @param today the business day the request is for unless its body says otherwise
 */
export async function requestProcess(
  db: Sql,
  name: RunName,
  body: Record<string, unknown>,
  today: Day,
  asker: Requester,
): Promise<ProcessRequest> {
  const definition: RunDefinition = runs[name];
  const at = asker.scheduled_for ? new Date(asker.scheduled_for) : new Date();
  const asked = { ...definition.request(body, today, at), ...asker, process_type: name };
  if (definition.repeats) asked.again = true;
  const noting = notes[name];
  if (noting) {
    return db.transaction(async (transaction) => {
      await noting(transaction, asked.params);
      return { ...(await requestLimited(transaction, asked)), parts: [] };
    });
  }
  if (!definition.parts) return { ...(await requestLimited(db, asked)), parts: [] };
  const partNames = definition.parts as readonly RunName[];
  return db.transaction(async (transaction) => {
    const whole = await requestLimited(transaction, asked);
    if (whole.outcome !== 'created') return { ...whole, parts: [] };
    const parts: Requested[] = [];
    for (const part of partNames) {
      const definedPart: RunDefinition = runs[part];
      const after_run_id = parts.at(-1)?.run.id;
      parts.push(
        await requestRun(transaction, {
          ...definedPart.request(body, today, at),
          ...asker,
          process_type: part,
          after_run_id,
        }),
      );
    }
    await joinParts(
      transaction,
      whole.run.id,
      parts.map((part) => part.run.id),
    );
    return { ...whole, parts };
  });
}

async function requestLimited(db: Sql, asked: RunRequest): Promise<Requested> {
  const requested = await (isPool(db) ? gathered(db)(asked) : alone(requestsOf(db), asked));
  if (!requested) throw new TooManyOpenRuns();
  return requested;
}

const requestsOf =
  (db: Sql): Work<RunRequest, Requested | undefined> =>
  (all, isHurried) =>
    requestRuns(db, all, { mostOpen: MOST_OPEN, isHurried });

/** A transaction has no end of its own to wait for. */
const isPool = (db: Sql): db is Database => 'end' in db;

/** How many statements of a process ask for runs at once: while the database does one, the next one is made ready. */
const AT_ONCE = 2;
const pools = new WeakMap<Database, One<RunRequest, Requested | undefined>>();
/** What is asked for together belongs to no single caller: it takes a connection in nobody's name. */
const inNobodysName = AsyncLocalStorage.snapshot();

function gathered(db: Database) {
  const known = pools.get(db) ?? gather((all, isHurried) => inNobodysName(requestsOf(db), all, isHurried), AT_ONCE);
  pools.set(db, known);
  return known;
}

/**
 * What is written together with a request. Days that have to be calculated are noted as such: nobody reads them as they were
 * from then on, and a request that joins a run which has looked already is not lost.
 */
const notes: Partial<Record<RunName, (transaction: Sql, params: Record<string, unknown>) => Promise<unknown>>> = {
  slot_recalc(transaction, params) {
    const { specialist_id, dates } = runs.slot_recalc.params.parse(params);
    return noteSlotDays(transaction, specialist_id, dates);
  },
};
