import type { RunName } from './catalog.ts';

/** What becomes of ticks that pass while nobody is looking. */
export type Misfire =
  /** Run the latest one; the earlier ones are superseded. */
  | 'latest'
  /** Run each of them. */
  | 'every'
  /** Run none of them. */
  | 'skip';

export type Schedule = {
  name: string;
  /** Five cron fields, read as wall time in the studio's zone. */
  pattern: string;
  run: RunName;
  misfire: Misfire;
  /** A tick older than this many hours is not caught up any more. */
  windowHours: number;
  /** A tick whose run has not succeeded this many minutes after it raises an alarm, once. */
  deadlineMinutes: number;
};

/** The timetable. A schedule is a row here; its ticks are rows of `schedule_ticks`. */
export const timetable: readonly Schedule[] = [
  // Six days: until Saturday the week that was to be built is still worth building.
  { name: 'generation', pattern: '0 21 * * 0', run: 'generation', misfire: 'latest', windowHours: 144, deadlineMinutes: 60 },
  // Attendance and finance take earlier days along, so the latest missed night does for all of them.
  { name: 'daily', pattern: '0 23 * * *', run: 'daily', misfire: 'latest', windowHours: 72, deadlineMinutes: 60 },
  // Shortly after midnight the horizon has one day more. What is missing is calculated when it is read, so a day late is no harm.
  { name: 'slots', pattern: '5 0 * * *', run: 'slots', misfire: 'latest', windowHours: 23, deadlineMinutes: 60 },
];
