import type { RunName } from '../jobs/catalog.ts';

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
  // A night's renewals reach seven days back (D24), and freezes are cleared however long they have been over.
  { name: 'renewal', pattern: '0 1 * * *', run: 'auto_renewal', misfire: 'latest', windowHours: 168, deadlineMinutes: 60 },
  { name: 'unfreeze', pattern: '0 2 * * *', run: 'auto_unfreeze', misfire: 'latest', windowHours: 168, deadlineMinutes: 60 },
  // What is old or over stays so: a later night does for a missed one.
  { name: 'cleanup', pattern: '59 23 * * *', run: 'cleanup', misfire: 'latest', windowHours: 72, deadlineMinutes: 120 },
  // Each looks at everything there is to tell at its time, so the latest one does for those that were missed.
  { name: 'reminders', pattern: '*/15 * * * *', run: 'reminders', misfire: 'latest', windowHours: 1, deadlineMinutes: 15 },
  { name: 'digest', pattern: '5 * * * *', run: 'digest', misfire: 'latest', windowHours: 12, deadlineMinutes: 60 },
  // Shortly after midnight the horizon has one day more. What is missing is calculated when it is read, so a day late is no harm.
  { name: 'slots', pattern: '5 0 * * *', run: 'slots', misfire: 'latest', windowHours: 23, deadlineMinutes: 60 },
];
