import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { forgetSlotLocks } from '../../sql/bookings/slot-locks.ts';
import { dropLease, takeLease } from '../../sql/schedule/leases.ts';
import { log } from '../log/log.ts';
import { openFleet } from '../process/fleet.ts';
import { drainOnSignal, signalReady } from '../process/lifecycle.ts';
import { watchBackups } from './backup-watch.ts';
import { holdWatch } from './expired-holds.ts';
import {
  alarmOfSilentWorkers,
  CANARY_SECONDS,
  enqueueCanaries,
  enqueueOpenRequests,
  lookAfterRuns,
  runDue,
  type SchedulerContext,
} from './run-due.ts';
import { watchSurroundings } from './surroundings-watch.ts';
import { timetable } from './timetable.ts';

const LEASE_SECONDS = 10;
const BACKUPS_SECONDS = 60;
const fleet = await openFleet('scheduler');
const scheduler: SchedulerContext = { ...fleet, schedules: timetable };
/** Host and pid alone may be shared: in containers the pid is often 1. */
const holder = `${hostname()}:${process.pid}:${randomUUID()}`;

let stopped = false;
let seconds = 0;
const endHolds = holdWatch();

/** One second of the scheduler's life; each part fails alone and is tried again with the next one. */
async function everySecond() {
  const now = new Date();
  if (!(await takeLease(fleet.db, 'scheduler', holder, LEASE_SECONDS))) return;
  await attempt('timetable', () => runDue(scheduler, now));
  await attempt('lost jobs', () => lookAfterRuns(scheduler, seconds % 3 === 0));
  if (seconds % 3 === 1) await attempt('requests', () => enqueueOpenRequests(scheduler));
  if (seconds % 3 === 2) {
    await attempt('holds', () => endHolds(scheduler.db, now));
    await attempt('slot locks', () => forgetSlotLocks(scheduler.db));
  }
  if (seconds % CANARY_SECONDS === 0) await attempt('canaries', () => enqueueCanaries(scheduler, now));
  if (seconds % BACKUPS_SECONDS === 7) await attempt('backups', () => watchBackups(fleet, now));
  if (seconds % BACKUPS_SECONDS === 37) await attempt('surroundings', () => watchSurroundings(fleet, now));
  if (seconds % CANARY_SECONDS === 5) await attempt('watch', () => alarmOfSilentWorkers(scheduler, now));
  seconds += 1;
}

const attempt = (name: string, work: () => Promise<unknown>) =>
  work().catch((error) =>
    log.warn({ err: error, part: name }, 'a part of the scheduler failed; it is tried again within seconds'),
  );

async function live() {
  while (!stopped) {
    await attempt('lease', everySecond);
    await new Promise((next) => setTimeout(next, 1_000));
  }
}

const life = live();
drainOnSignal(fleet.settings.drainSeconds, async () => {
  stopped = true;
  await life;
  await dropLease(fleet.db, 'scheduler', holder);
  await fleet.close();
});
signalReady();
