import type { Database, Sql } from '../../sql/database/database.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import {
  forgetUntimelySkips,
  learnSchedules,
  linkTicks,
  lockSchedule,
  recordTicks,
  type ScheduleState,
  scheduleStates,
  type Tick,
  unpauseSchedule,
} from '../../sql/schedule/schedule.ts';
import { runs } from '../jobs/catalog.ts';
import { type ProcessRequest, requestProcess } from '../jobs/request.ts';
import type { RunDefinition } from '../jobs/run-definition.ts';
import { log } from '../log/log.ts';
import { dayOf } from '../time/calendar.ts';
import { decideTicks, nominalTicks, type TickDecision, TOO_OLD } from './ticks.ts';
import type { Schedule } from './timetable.ts';

/** Older gaps than this are not walked through tick by tick. */
const FARTHEST_MS = 400 * DAY_MS;
/** Ticks beyond their window that are written at once; the next second goes on with the rest. */
const OLD_AT_ONCE = 10_000;

/**
 * Decides the ticks due by `now`: the ledger's rows and the runs they ask for are written in one transaction a schedule.
 * Ticks that stand in the ledger are never decided again, so a second scheduler, a repeat or a clock set back does nothing.
 * A schedule whose transaction fails is logged, does not hold up the others, and is decided a second later.
 * Returns the runs whose jobs are to be enqueued.
 */
export async function settleTicks(
  db: Database,
  schedules: readonly Schedule[],
  zone: string,
  now: Date,
): Promise<ProcessRequest[]> {
  const names = schedules.map((schedule) => schedule.name);
  await learnSchedules(db, names, now);
  await forgetUntimelySkips(db, now);
  const states = await scheduleStates(db, now);
  const asked: ProcessRequest[] = [];
  for (const schedule of schedules) {
    try {
      const state = states.find((candidate) => candidate.name === schedule.name);
      if (!state || nominalTicks(schedule.pattern, zone, lastDecided(state, now), now, 1).length === 0) continue;
      asked.push(...((await db.transaction((transaction) => settleSchedule(transaction, schedule, zone, now))) ?? []));
    } catch (error) {
      log.error(
        { err: error, schedule: schedule.name },
        'the ticks of a schedule could not be decided; it is tried again in a second',
      );
    }
  }
  return asked;
}

/** Lets a paused schedule go on, inside the caller's transaction; what passed during the pause stays skipped. */
export async function resumeSchedule(transaction: Sql, schedule: Schedule, zone: string, now: Date) {
  await learnSchedules(transaction, [schedule.name], now);
  while (await settleSchedule(transaction, schedule, zone, now));
  await unpauseSchedule(transaction, schedule.name);
}

/** Decides one schedule's due ticks inside the caller's transaction. Returns the new runs, or null when nothing was due. */
async function settleSchedule(transaction: Sql, schedule: Schedule, zone: string, now: Date): Promise<ProcessRequest[] | null> {
  await lockSchedule(transaction, schedule.name);
  const state = (await scheduleStates(transaction, now)).find((candidate) => candidate.name === schedule.name);
  const due = state ? dueTicks(schedule, state, zone, now) : [];
  if (due.length === 0) return null;
  const decisions = decideTicks(schedule, due, now, state?.paused_at ? new Date(state.paused_at) : null);
  const rows = decisions.map((decision) => tickOf(schedule, decision));
  const fresh = new Set(await recordTicks(transaction, rows));
  const accepted = decisions.filter(({ outcome, nominalAt }) => outcome !== 'skipped' && fresh.has(nominalAt.toISOString()));
  return requestRuns(
    transaction,
    schedule,
    accepted.map(({ nominalAt }) => nominalAt),
    zone,
  );
}

/** Ticks that mean the same run ask for it once. Returns what is new. */
async function requestRuns(
  transaction: Sql,
  schedule: Schedule,
  ticks: readonly Date[],
  zone: string,
): Promise<ProcessRequest[]> {
  const definition: RunDefinition = runs[schedule.run];
  const byKey = Map.groupBy(ticks, (tick) => definition.request({}, dayOf(tick, zone), tick).run_key);
  const asked: ProcessRequest[] = [];
  for (const [first, ...others] of byKey.values()) {
    if (!first) continue;
    const scheduled_for = first.toISOString();
    const requested = await requestProcess(transaction, schedule.run, {}, dayOf(first, zone), { scheduled_for });
    const instants = [first, ...others].map((tick) => tick.toISOString());
    await linkTicks(
      transaction,
      schedule.name,
      instants,
      requested.run.id,
      requested.outcome === 'replayed' ? 'done already' : null,
    );
    if (requested.outcome === 'created') asked.push(requested);
  }
  return asked;
}

function lastDecided(state: ScheduleState, now: Date) {
  const since = new Date(state.last_tick ?? state.known_since).getTime();
  return new Date(Math.max(since, now.getTime() - FARTHEST_MS));
}

/** All ticks within the window at once, since they are decided by the latest of them; the older ones in batches. */
function dueTicks(schedule: Schedule, state: ScheduleState, zone: string, now: Date): Date[] {
  const since = lastDecided(state, now);
  const windowStart = new Date(Math.max(since.getTime(), now.getTime() - schedule.windowHours * 3_600_000 - 1));
  const old = nominalTicks(schedule.pattern, zone, since, windowStart, OLD_AT_ONCE);
  return old.length < OLD_AT_ONCE ? [...old, ...nominalTicks(schedule.pattern, zone, windowStart, now)] : old;
}

function tickOf(schedule: Schedule, { nominalAt, outcome, reason }: TickDecision): Tick {
  const isOwed = outcome !== 'skipped' || reason === TOO_OLD;
  const deadlineAt = isOwed ? new Date(nominalAt.getTime() + schedule.deadlineMinutes * 60_000) : null;
  return { schedule: schedule.name, nominalAt, outcome, reason, deadlineAt };
}
