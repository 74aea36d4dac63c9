import { clearAlert, raiseAlert } from '../../sql/alerts/alerts.ts';
import type { Database } from '../../sql/database/database.ts';
import { requestsToRing } from '../../sql/finance/requests.ts';
import { anyMessageDue } from '../../sql/notifications/notify.ts';
import { noteRing, openRuns, type Run } from '../../sql/runs/runs.ts';
import { workerSilence } from '../../sql/schedule/beats.ts';
import { alarmMissedDeadlines } from '../../sql/schedule/schedule.ts';
import { isAnySlotChanged } from '../../sql/slots/changes.ts';
import { type Backend, within } from '../backend/backend.ts';
import { ring, ringForSlots, ringProcess, ringRun, runJobId } from '../backend/enqueue.ts';
import { definitionOf, isRunName, nouns } from '../jobs/catalog.ts';
import type { ProcessRequest } from '../jobs/request.ts';
import { log } from '../log/log.ts';
import type { Settings } from '../process/settings.ts';
import { notifyOfRights } from './rights.ts';
import { settleTicks } from './settle-ticks.ts';
import type { Schedule } from './timetable.ts';

/** What beats work with. The clock is passed in, so that tests can walk through weeks. */
export type Heart = {
  db: Database;
  backend: Backend;
  settings: Pick<Settings, 'zone' | 'adminChatIds'>;
  schedules: readonly Schedule[];
  /** Since when canaries have been rung without a break, and when last. */
  canaries?: { since: Date; last: Date };
};

/** A canary is rung this often; a worker that consumed none for {@link SILENT_SECONDS} is reported. */
export const CANARY_SECONDS = 10;
export const SILENT_SECONDS = 60;
/** After a longer break (an outage, a laptop asleep, a clock set) old signs of life prove nothing. */
const BREAK_MS = 30_000;
/** An open run whose bell is this old is looked after. */
const BELL_SECONDS = 5;

/** Every second: ticks that are due, deadlines that have passed, messages and changed slots that wait. */
export async function beat({ db, backend, settings, schedules }: Heart, now: Date) {
  await ringFor(backend, await settleTicks(db, schedules, settings.zone, now));
  await tellMissedDeadlines(db, settings.adminChatIds, now);
  await notifyOfRights(db, settings.adminChatIds);
  if (await anyMessageDue(db)) await ring(backend, 'notifier', 'drain', {}, { id: 'drain', forget: true });
  if (await isAnySlotChanged(db)) await ringForSlots(backend);
}

/** Bells that are not heard now are rung again by {@link ringAgain}; the runs stand in the book. */
async function ringFor(backend: Backend, asked: ProcessRequest[]) {
  try {
    for (const process of asked) await ringProcess(backend, process);
  } catch (error) {
    log.warn({ err: error, run_ids: asked.map(({ run }) => run.id) }, 'new runs wait for their queue');
  }
}

/** One alarm a schedule, about its latest tick; earlier ones that were missed as well are a number. */
function tellMissedDeadlines(db: Database, chatIds: number[], now: Date) {
  return db.transaction(async (transaction) => {
    const missed = await alarmMissedDeadlines(transaction, now);
    for (const [schedule, ticks] of Map.groupBy(missed, (tick) => tick.schedule)) {
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

/** Rings again for every open run whose job is gone or finished: a flushed Redis loses nothing. Returns their ids. */
export async function ringAgain({ db, backend }: Pick<Heart, 'db' | 'backend'>, seconds = BELL_SECONDS): Promise<number[]> {
  const rung: number[] = [];
  for (const run of (await openRuns(db, seconds)).filter(isInCatalog)) {
    const queue = backend.queue(definitionOf(run.process_type).worker);
    if (ALIVE.includes(await within(2_000, queue.getJobState(runJobId(run.id, run.rings))))) continue;
    const rings = await noteRing(db, run.id);
    if (rings === null) continue;
    log.warn({ run_id: run.id }, 'the bell of an open run was lost; ringing again');
    await ringRun(backend, run, rings);
    rung.push(run.id);
  }
  return rung;
}

/** A run of a process that has left the catalog waits for the version that knows it. */
const isInCatalog = ({ process_type }: Pick<Run, 'process_type'>) => isRunName(process_type);

/** Rings again for requests that nobody has decided: their bell was lost, or its worker. */
export async function ringRequestsAgain({ db, backend }: Pick<Heart, 'db' | 'backend'>, seconds = BELL_SECONDS) {
  for (const { id, rings } of await requestsToRing(db, seconds)) {
    await ring(backend, 'finance', 'request', { finance_request_id: id }, { id: `request-${id}-${rings}`, forget: true });
  }
}

/** Rings a canary in every queue. One that still waits swallows the next, so a worker that is away finds one, not a thousand. */
export async function ringCanaries(heart: Pick<Heart, 'backend' | 'canaries'>, now: Date) {
  const since = ringingSince(heart, now) ?? now;
  const bell = { rung_at: now.toISOString() };
  heart.canaries = undefined;
  await Promise.all(nouns.map((noun) => ring(heart.backend, noun, 'canary', bell, { id: 'canary', forget: true })));
  heart.canaries = { since, last: now };
}

function ringingSince({ canaries }: Pick<Heart, 'canaries'>, now: Date): Date | null {
  const pause = canaries ? now.getTime() - canaries.last.getTime() : Number.POSITIVE_INFINITY;
  return canaries && pause >= 0 && pause <= BREAK_MS ? canaries.since : null;
}

/** Tells the admins, once an outage, of workers that consume nothing although canaries are rung, and when they do again. */
export async function tellSilentWorkers(heart: Pick<Heart, 'db' | 'settings' | 'canaries'>, now: Date) {
  const since = ringingSince(heart, now);
  if (!since) return;
  const listening = (now.getTime() - since.getTime()) / 1_000;
  const seen = await workerSilence(heart.db);
  await heart.db.transaction(async (transaction) => {
    for (const worker of nouns) {
      const last = seen.find((row) => row.worker === worker);
      const seconds = Math.round(Math.min(last?.seconds ?? listening, listening));
      const fingerprint = `worker_down:${worker}`;
      if (seconds >= SILENT_SECONDS) {
        const trouble = { fingerprint, template: 'worker_down', params: { worker, seconds }, isOngoing: true } as const;
        await raiseAlert(transaction, heart.settings.adminChatIds, trouble, now);
      } else if (last && last.seconds < SILENT_SECONDS) {
        await clearAlert(transaction, heart.settings.adminChatIds, fingerprint, now);
      }
    }
  });
}
