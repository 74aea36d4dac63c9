import type { Job } from 'bullmq';
import { z } from 'zod';
import type { Fleet } from '../../../queues/process/fleet.ts';
import { settleTicks } from '../../../queues/timetable/settle-ticks.ts';
import { nominalTicks } from '../../../queues/timetable/ticks.ts';
import { timetable } from '../../../queues/timetable/timetable.ts';
import { sql } from '../../../sql/database/database.ts';
import { findRun } from '../../../sql/runs/find.ts';
import type { Run } from '../../../sql/runs/rows.ts';
import { markPresent } from '../../../workers/attendance/mark-present.ts';
import { operations } from '../../../workers/cleanup/operations.ts';
import { tidyUp } from '../../../workers/cleanup/tidy-up.ts';
import { chargeNight } from '../../../workers/finance/charge-night.ts';
import { combineDaily } from '../../../workers/finance/combine-daily.ts';
import { generate } from '../../../workers/generation/generate.ts';
import { renewNight } from '../../../workers/renewal/renew-night.ts';
import { execute, type RunHandler } from '../../../workers/runner/execute.ts';
import { unfreezeNight } from '../../../workers/unfreeze/unfreeze-night.ts';

/** What is old enough to be deleted is looked for on Sundays only: in a year there is nothing, and each table is a transaction. */
const daily = operations.filter(({ name }) => ['subscriptions', 'trainings', 'tasks', 'audit'].includes(name));
const isSunday = (date: string) => new Date(date).getUTCDay() === 0;

const handlers: Record<string, RunHandler> = {
  generation: generate,
  attendance: markPresent,
  finance: chargeNight,
  daily: combineDaily,
  auto_renewal: renewNight,
  auto_unfreeze: unfreezeNight,
  cleanup: (run, context) => tidyUp(isSunday(run.process_date) ? operations : daily)(run, context),
};
const nightly = timetable.filter((schedule) => schedule.run in handlers);
const never = new AbortController().signal;

/** The instants between two at which the timetable wants something, in order. */
export const instantsBetween = (from: Date, to: Date, zone: string) =>
  [...new Set(nightly.flatMap(({ pattern }) => nominalTicks(pattern, zone, from, to).map((tick) => tick.getTime())))]
    .sort((a, b) => a - b)
    .map((instant) => new Date(instant));

/** What the fleet does at an instant: the scheduler decides its ticks, the workers execute what it asked for, one run after the other. */
export async function fleetAt(fleet: Fleet, now: Date) {
  await settleTicks(fleet.db, nightly, fleet.settings.zone, now);
  for (;;) {
    const queued = await fleet.db.anyFirst(sql.type(z.object({ id: z.int() }))`
      select id from automated_process_history where status = 'queued' order by id`);
    if (queued.length === 0) return;
    for (const id of queued) await work(fleet, id);
  }
}

async function work(fleet: Fleet, id: number) {
  const run = (await findRun(fleet.db, id)) as Run;
  const job = {
    id: `run-${id}`,
    attemptsMade: 0,
    opts: { attempts: 1 },
    updateProgress: async () => undefined,
  } as unknown as Job;
  const ending = await execute(fleet, id, handlers, job, never);
  if (ending.is === 'busy') return;
  if (ending.is !== 'over')
    throw new Error(`${run.run_key}: ${ending.is}`, { cause: ending.is === 'failed' ? ending.error : undefined });
  if (ending.run.status !== 'success' && run.process_type !== 'generation') {
    throw new Error(`${run.run_key} ended as ${ending.run.status}: ${JSON.stringify(ending.run.details)}`);
  }
}
