import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { columns, type Run, runRow } from './rows.ts';

export type RunRequest = {
  process_type: string;
  run_key: string;
  process_date: string;
  params: Record<string, unknown>;
  /** The nominal instant of the tick, for runs the timetable asked for. */
  scheduled_for?: string;
  again?: boolean;
  created_by?: string;
  api_key_used?: string;
  request_id?: string;
  /** The run that must be over before this one is executed. */
  after_run_id?: number;
};
export type Requested = { run: Run; outcome: 'created' | 'joined' | 'replayed' };

/** Without a limit: so many runs nobody has open. */
const UNLIMITED = 2_147_483_647;

/**
 * Writes requests for runs in the database, or finds the runs that already answer them:
 * a queued or running one is joined, a success is replayed unless `again`, an error or partial one gets a new attempt.
 * A run asked for by hand that the timetable joins is the timetable's from then on, and goes before the others (D44).
 * One statement in the usual case, however many there are; a concurrent twin costs a second look.
 * @param options.isHurried gives up (SQLSTATE 55P03) rather than wait long for a lock
 * @param options.mostOpen a caller (`created_by`) who would have more open runs than this is refused (D44); requests of one caller follow one
 *   another until the transaction ends. Requests without a caller are not counted, nor are the parts of a run beside it.
 * Returns what became of each, in their order; undefined where it was refused.
 */
export async function requestRuns(
  db: Sql,
  requests: readonly RunRequest[],
  { mostOpen, isHurried }: { mostOpen?: number; isHurried?: boolean } = {},
): Promise<readonly (Requested | undefined)[]> {
  const results = new Map<number, Requested | undefined>();
  while (results.size < requests.length) {
    const left = requests.map((request, n) => ({ ...request, n })).filter(({ n }) => !results.has(n));
    for (const { n, outcome, ...row } of await db.any(requestStatement(left, mostOpen, isHurried)))
      results.set(n, outcome === 'refused' ? undefined : await scheduledToo(db, row as Run, outcome, requests[n] as RunRequest));
  }
  return requests.map((_, n) => results.get(n));
}

/** {@link requestRuns} of one request that nobody limits. */
export async function requestRun(db: Sql, request: RunRequest): Promise<Requested> {
  return (await requestRuns(db, [request]))[0] as Requested;
}

/** The timetable's request makes its own what it joins. */
async function scheduledToo(db: Sql, run: Run, outcome: Requested['outcome'], { scheduled_for }: RunRequest): Promise<Requested> {
  if (outcome !== 'joined' || !scheduled_for || run.scheduled_for) return { run, outcome };
  return { run: (await db.maybeOne(adopt(run.id, scheduled_for))) ?? run, outcome };
}

const adopt = (id: number, scheduledFor: string) => sql.type(runRow)`
   update automated_process_history set scheduled_for = ${scheduledFor}::timestamptz
   where id = ${id} and status in ('queued', 'running') and scheduled_for is null
   returning ${columns}`;

const requestedRow = z.discriminatedUnion('outcome', [
  runRow.extend({ n: z.int(), outcome: z.enum(['created', 'joined', 'replayed']) }),
  z.object({ n: z.int(), outcome: z.literal('refused') }),
]);

/**
 * Finds, writes and counts the first enqueue in one statement (see the function), which each connection plans once. The requests are
 * text that the database reads, so that what is wrong in one of them is a refusal of the database like any other.
 */
const requestStatement = (
  requests: readonly (RunRequest & { n: number })[],
  mostOpen = UNLIMITED,
  isHurried = false,
) => sql.prepared('request_runs', requestedRow)`
  select n, outcome, ${columns}
  from request_runs(${JSON.stringify(
    requests.map(({ n, created_by = null, again = false, ...request }) => ({
      ...request,
      n,
      again,
      created_by: created_by ?? 'system',
      is_limited: mostOpen < UNLIMITED && created_by !== null,
    })),
  )}::jsonb, ${mostOpen}, ${isHurried}) as asked, lateral (select (asked.run).*) as answer`;

/** Names the runs that a run consists of; part of the transaction that asks for them. */
export const joinParts = (transaction: Sql, id: number, partIds: readonly number[]) =>
  transaction.query(sql.unsafe`
    update automated_process_history set part_ids = ${sql.array([...partIds], 'int4')} where id = ${id}`);
