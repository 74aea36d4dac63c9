import type { Database, Sql } from '../sql/database.ts';
import { type Run, requestRun } from '../sql/runs.ts';
import {
  learnSchedules,
  linkTick,
  lockSchedule,
  recordTicks,
  scheduleStates,
  type Tick,
  unpauseSchedule,
} from '../sql/schedule.ts';
import { dayOf } from './calendar.ts';
import { type RunDefinition, runs } from './catalog.ts';
import { type Decision, decideTicks, nominalTicks, TOO_OLD } from './ticks.ts';
import type { Schedule } from './timetable.ts';

/** Older gaps than this are not walked through tick by tick. */
const FARTHEST_MS = 400 * 86_400_000;

/**
 * Decides all ticks due by `now`: the ledger's rows and the runs they ask for are written in one transaction a schedule.
 * Ticks that stand in the ledger are never decided again, so a second scheduler, a repeat or a clock set back does nothing.
 * Returns the runs to ring for.
 */
export async function settleTicks(db: Database, schedules: readonly Schedule[], zone: string, now: Date): Promise<Run[]> {
  await learnSchedules(
    db,
    schedules.map((schedule) => schedule.name),
    now,
  );
  const asked: Run[] = [];
  for (const state of await scheduleStates(db, now)) {
    const schedule = schedules.find((candidate) => candidate.name === state.name);
    if (!schedule || dueTicks(schedule, state, zone, now).length === 0) continue;
    asked.push(...(await db.transaction((transaction) => settleSchedule(transaction, schedule, zone, now))));
  }
  return asked;
}

/** Decides one schedule's due ticks inside the caller's transaction. */
async function settleSchedule(transaction: Sql, schedule: Schedule, zone: string, now: Date): Promise<Run[]> {
  await lockSchedule(transaction, schedule.name);
  const state = (await scheduleStates(transaction, now)).find((candidate) => candidate.name === schedule.name);
  const due = state ? dueTicks(schedule, state, zone, now) : [];
  if (due.length === 0) return [];
  const pausedAt = state?.paused_at ? new Date(state.paused_at) : null;
  const decisions = decideTicks(schedule, due, now, pausedAt);
  const fresh = await recordTicks(
    transaction,
    decisions.map((decision) => tickOf(schedule, decision)),
  );
  const asked: Run[] = [];
  for (const { nominalAt, outcome } of decisions) {
    if (outcome === 'skipped' || !fresh.includes(nominalAt.toISOString())) continue;
    const { run, outcome: answer } = await requestRun(transaction, requestOf(schedule, nominalAt, zone));
    await linkTick(transaction, schedule.name, nominalAt, run.id, answer === 'replayed' ? 'done already' : null);
    if (answer === 'created') asked.push(run);
  }
  return asked;
}

/** Lets a paused schedule go on, inside the caller's transaction; what passed during the pause stays skipped. */
export async function resumeSchedule(transaction: Sql, schedule: Schedule, zone: string, now: Date) {
  await learnSchedules(transaction, [schedule.name], now);
  await settleSchedule(transaction, schedule, zone, now);
  await unpauseSchedule(transaction, schedule.name);
}

function dueTicks(schedule: Schedule, state: { known_since: string; last_tick: string | null }, zone: string, now: Date) {
  const since = new Date(state.last_tick ?? state.known_since).getTime();
  return nominalTicks(schedule.pattern, zone, new Date(Math.max(since, now.getTime() - FARTHEST_MS)), now);
}

function tickOf(schedule: Schedule, { nominalAt, outcome, reason }: Decision): Tick {
  const isOwed = outcome !== 'skipped' || reason === TOO_OLD;
  const deadlineAt = isOwed ? new Date(nominalAt.getTime() + schedule.deadlineMinutes * 60_000) : null;
  return { schedule: schedule.name, nominalAt, outcome, reason, deadlineAt };
}

function requestOf(schedule: Schedule, nominalAt: Date, zone: string) {
  const definition: RunDefinition = runs[schedule.run];
  return {
    ...definition.request({}, dayOf(nominalAt, zone)),
    process_type: definition.processType,
    scheduled_for: nominalAt.toISOString(),
  };
}
