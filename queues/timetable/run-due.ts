import { clearAlert, raiseAlert } from '../../sql/alerts/alerts.ts';
import type { Database } from '../../sql/database/database.ts';
import { traced } from '../../sql/database/tracing.ts';
import { requestsToEnqueue } from '../../sql/finance/requests.ts';
import { anyMessageDue } from '../../sql/notifications/notify.ts';
import { countEnqueue, openRuns } from '../../sql/runs/open.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { workersLastSeen } from '../../sql/schedule/beats.ts';
import { alarmMissedDeadlines } from '../../sql/schedule/schedule.ts';
import { isAnySlotChanged } from '../../sql/slots/changes.ts';
import { isAnyUndoOver } from '../../sql/undo/undos.ts';
import { type Backend, withTimeout } from '../backend/backend.ts';
import { enqueue, enqueueJob, enqueueProcess, enqueueSlotRecalc, runJobId } from '../backend/enqueue.ts';
import { definitionOf, isRunName, nouns } from '../jobs/catalog.ts';
import type { ProcessRequest } from '../jobs/request.ts';
import { log } from '../log/log.ts';
import type { Settings } from '../process/settings.ts';
import { notifyOfRights } from './rights.ts';
import { settleTicks } from './settle-ticks.ts';
import type { Schedule } from './timetable.ts';

/** What beats work with. The clock is passed in, so that tests can walk through weeks. */
export type SchedulerContext = {
  db: Database;
  backend: Backend;
  settings: Pick<Settings, 'zone' | 'adminChatIds'>;
  schedules: readonly Schedule[];
  /** Since when canaries have been enqueued without a break, and when last. */
  canaries?: { since: Date; last: Date };
  /** The queue did not answer when it was last asked. */
  isQueueAway?: boolean;
};

/** A canary is enqueued this often; a worker that consumed none for {@link SILENT_SECONDS} is reported. */
export const CANARY_SECONDS = 10;
export const SILENT_SECONDS = 60;
/** After a longer break (an outage, a laptop asleep, a clock set) old signs of life prove nothing. */
const BREAK_MS = 30_000;
/** An open run whose job is this old is looked after. */
const ENQUEUE_SECONDS = 5;

/** Every second: ticks that are due, deadlines that have passed, messages and changed slots that wait, changes that are final now. */
export async function runDue({ db, backend, settings, schedules }: SchedulerContext, now: Date) {
  await enqueueAll(backend, await settleTicks(db, schedules, settings.zone, now));
  await alarmOfMissedDeadlines(db, settings.adminChatIds, schedules, now);
  await notifyOfRights(db, settings.adminChatIds);
  if (await anyMessageDue(db)) await enqueue(backend, 'notifier', 'drain', {}, { id: 'drain', forget: true });
  if (await isAnySlotChanged(db)) await enqueueSlotRecalc(backend);
  if (await isAnyUndoOver(db)) await enqueue(backend, 'finance', 'drain', {}, { id: 'drain', forget: true });
}

/** Jobs that are not heard now are enqueued again by {@link enqueueOpenRuns}; the runs stand in the database. */
async function enqueueAll(backend: Backend, asked: ProcessRequest[]) {
  try {
    for (const process of asked) {
      const name = `tick ${process.run.process_type}`;
      await traced({ name, kind: 'producer', attributes: { 'fleet.run.id': process.run.id } }, () =>
        enqueueProcess(backend, process),
      );
    }
  } catch (error) {
    log.warn({ err: error, run_ids: asked.map(({ run }) => run.id) }, 'new runs wait for their queue');
  }
}

/** One alarm a schedule, about its latest tick; earlier ones that were missed as well are a number. */
function alarmOfMissedDeadlines(db: Database, chatIds: number[], schedules: readonly Schedule[], now: Date) {
  const isWatched = (name: string) => schedules.some((schedule) => schedule.name === name && schedule.hasOwnAlarm);
  return db.transaction(async (transaction) => {
    const missed = await alarmMissedDeadlines(transaction, now);
    for (const [schedule, ticks] of Map.groupBy(missed, (tick) => tick.schedule)) {
      if (isWatched(schedule)) continue;
      const [latest] = ticks.slice(-1) as [(typeof ticks)[number]];
      const params = { ...latest, more: ticks.length - 1 };
      await raiseAlert(
        transaction,
        chatIds,
        { fingerprint: `deadline_missed:${schedule}`, template: 'deadline_missed', params },
        now,
      );
    }
  });
}

const ALIVE = ['waiting', 'active', 'delayed', 'prioritized', 'waiting-children', 'paused'];

/** Enqueues again for every open run whose job is gone or finished: a flushed Redis loses nothing. Returns their ids. */
export async function enqueueOpenRuns(
  { db, backend }: Pick<SchedulerContext, 'db' | 'backend'>,
  seconds = ENQUEUE_SECONDS,
): Promise<number[]> {
  const enqueued: number[] = [];
  for (const run of (await openRuns(db, seconds)).filter(isInCatalog)) {
    const queue = backend.queue(definitionOf(run.process_type).worker);
    if (ALIVE.includes(await withTimeout(2_000, queue.getJobState(runJobId(run.id, run.rings))))) continue;
    const times = await countEnqueue(db, run.id);
    if (times === null) continue;
    log.warn({ run_id: run.id }, 'the job of an open run was lost; enqueueing it again');
    await enqueueJob(backend, run, times);
    enqueued.push(run.id);
  }
  return enqueued;
}

/** What has just been asked for is on its way to the queue by itself, no longer. */
const JUST_NOW_SECONDS = 1;

/**
 * Every second: whether the queue is there. Once it is back everything open is looked after at once, for whatever was asked for
 * meanwhile has no job; else when it is time to. Throws while it is away.
 */
export async function lookAfterRuns(scheduler: SchedulerContext, isTime: boolean) {
  const wasAway = scheduler.isQueueAway;
  scheduler.isQueueAway = true;
  await scheduler.backend.ping();
  if (wasAway) {
    await enqueueOpenRuns(scheduler, JUST_NOW_SECONDS);
    await enqueueOpenRequests(scheduler, JUST_NOW_SECONDS);
  } else if (isTime) await enqueueOpenRuns(scheduler);
  scheduler.isQueueAway = false;
}

/** A run of a process that has left the catalog waits for the version that knows it. */
const isInCatalog = ({ process_type }: Pick<Run, 'process_type'>) => isRunName(process_type);

/** Enqueues again for requests that nobody has decided: their job was lost, or its worker. */
export async function enqueueOpenRequests({ db, backend }: Pick<SchedulerContext, 'db' | 'backend'>, seconds = ENQUEUE_SECONDS) {
  for (const { id, rings } of await requestsToEnqueue(db, seconds)) {
    await enqueue(backend, 'finance', 'request', { finance_request_id: id }, { id: `request-${id}-${rings}`, forget: true });
  }
}

/** Enqueues a canary in every queue. One that still waits swallows the next, so a worker that is away finds one, not a thousand. */
export async function enqueueCanaries(scheduler: Pick<SchedulerContext, 'backend' | 'canaries'>, now: Date) {
  const since = canariesSince(scheduler, now) ?? now;
  const payload = { rung_at: now.toISOString() };
  scheduler.canaries = undefined;
  await Promise.all(nouns.map((noun) => enqueue(scheduler.backend, noun, 'canary', payload, { id: 'canary', forget: true })));
  scheduler.canaries = { since, last: now };
}

function canariesSince({ canaries }: Pick<SchedulerContext, 'canaries'>, now: Date): Date | null {
  const pause = canaries ? now.getTime() - canaries.last.getTime() : Number.POSITIVE_INFINITY;
  return canaries && pause >= 0 && pause <= BREAK_MS ? canaries.since : null;
}

/** Notifies the admins, once an outage, of workers that consume nothing although canaries are enqueued, and when they do again. */
export async function alarmOfSilentWorkers(scheduler: Pick<SchedulerContext, 'db' | 'settings' | 'canaries'>, now: Date) {
  const since = canariesSince(scheduler, now);
  if (!since) return;
  const listening = (now.getTime() - since.getTime()) / 1_000;
  const seen = await workersLastSeen(scheduler.db);
  await scheduler.db.transaction(async (transaction) => {
    for (const worker of nouns) {
      const last = seen.find((row) => row.worker === worker);
      const seconds = Math.round(Math.min(last?.seconds ?? listening, listening));
      const fingerprint = `worker_down:${worker}`;
      if (seconds >= SILENT_SECONDS) {
        const trouble = { fingerprint, template: 'worker_down', params: { worker, seconds }, isOngoing: true } as const;
        await raiseAlert(transaction, scheduler.settings.adminChatIds, trouble, now);
      } else if (last && last.seconds < SILENT_SECONDS) {
        await clearAlert(transaction, scheduler.settings.adminChatIds, fingerprint, now);
      }
    }
  });
}
