import { type RunName, runNames, runs } from '../jobs/catalog.ts';
import type { RunDefinition } from '../jobs/run-definition.ts';

/** A process's schedule, under a name of its own; its ticks are rows of `schedule_ticks`. */
export type Schedule = Required<NonNullable<RunDefinition['schedule']>> & { run: RunName; hasOwnAlarm?: boolean };

/** The timetable, in the order of the catalog. */
export const timetable: readonly Schedule[] = runNames.flatMap((run) => {
  const { schedule, hasOwnAlarm }: RunDefinition = runs[run];
  return schedule ? [{ name: run, ...schedule, run, ...(hasOwnAlarm ? { hasOwnAlarm } : {}) }] : [];
});
