import { workerSilence } from '../sql/beats.ts';
import type { Database } from '../sql/database.ts';
import { anyMessageDue, tellAdmins } from '../sql/notifications.ts';
import { noteRing, openRuns, type Run } from '../sql/runs.ts';
import { alarmMissedDeadlines } from '../sql/schedule.ts';
import type { Backend } from './backend.ts';
import { nouns, runOf } from './catalog.ts';
import { ring, ringRun, runJobId } from './enqueue.ts';
import { log } from './log.ts';
import type { Settings } from './settings.ts';
import { settleTicks } from './tick.ts';
import type { Schedule } from './timetable.ts';

/** What a beat works with. The clock is passed in, so that tests can walk through weeks. */
export type Heart = {
  db: Database;
  backend: Backend;
  settings: Pick<Settings, 'zone' | 'adminChatIds'>;
  schedules: readonly Schedule[];
  /** Since when this scheduler rings canaries. */
  since: Date;
};

/** A canary is rung this often; a worker that consumed none for {@link SILENT_SECONDS} is reported. */
export const CANARY_SECONDS = 10;
export const SILENT_SECONDS = 60;
/** An open run whose bell is this old is looked after. */
const BELL_SECONDS = 5;

/** Every second: ticks that are due, deadlines that have passed, messages that wait. */
export async function beat({ db, backend, settings, schedules }: Heart, now: Date) {
  for (const run of await settleTicks(db, schedules, settings.zone, now)) await tryToRing(backend, run, 1);
  await tellMissedDeadlines(db, settings.adminChatIds, now);
  if (await anyMessageDue(db)) await ring(backend, 'notifier', 'drain', {}, { id: 'drain', forget: true });
}

/** A bell that is not heard now is rung again by {@link ringAgain}; the run stands in the book. */
async function tryToRing(backend: Backend, run: Pick<Run, 'id' | 'process_type' | 'request_id'>, rings: number) {
  await ringRun(backend, run, rings).catch((error) => log.warn({ err: error, run_id: run.id }, 'the run waits for its queue'));
}

function tellMissedDeadlines(db: Database, chatIds: number[], now: Date) {
  return db.transaction(async (transaction) => {
    const missed = await alarmMissedDeadlines(transaction, now);
    const notices = missed.map((tick) => ({
      template: 'deadline_missed',
      dedupe: `deadline_missed:${tick.schedule}:${tick.nominal_at}`,
      params: tick,
    }));
    await tellAdmins(transaction, chatIds, notices);
  });
}

const ALIVE = ['waiting', 'active', 'delayed', 'prioritized', 'waiting-children', 'paused'];

/** Rings again for every open run whose job is gone or finished: a flushed Redis loses nothing. Returns their ids. */
export async function ringAgain({ db, backend }: Pick<Heart, 'db' | 'backend'>, seconds = BELL_SECONDS): Promise<number[]> {
  const rung: number[] = [];
  for (const run of await openRuns(db, seconds)) {
    const queue = backend.queue(runOf(run.process_type).worker);
    if (ALIVE.includes(await queue.getJobState(runJobId(run.id, run.rings)))) continue;
    log.warn({ run_id: run.id }, 'the bell of an open run was lost; ringing again');
    await ringRun(backend, run, await noteRing(db, run.id));
    rung.push(run.id);
  }
  return rung;
}

/** Rings a canary in every queue. One that still waits swallows the next, so a worker that is away finds one, not a thousand. */
export async function ringCanaries(backend: Backend, now: Date) {
  const bell = { rung_at: now.toISOString() };
  await Promise.all(nouns.map((noun) => ring(backend, noun, 'canary', bell, { id: 'canary', forget: true })));
}

/** Tells the admins, once an outage, of workers that consume nothing although canaries are rung. */
export async function tellSilentWorkers({ db, settings, since }: Pick<Heart, 'db' | 'settings' | 'since'>, now: Date) {
  const listening = (now.getTime() - since.getTime()) / 1_000;
  const seen = await workerSilence(db);
  const notices = nouns.flatMap((worker) => {
    const last = seen.find((row) => row.worker === worker);
    const seconds = Math.round(Math.min(last?.seconds ?? listening, listening));
    if (seconds < SILENT_SECONDS) return [];
    const outage = last && last.seconds < listening ? last.seen_at : since.toISOString();
    return [{ template: 'worker_down', dedupe: `worker_down:${worker}:${outage}`, params: { worker, seconds } }];
  });
  await tellAdmins(db, settings.adminChatIds, notices);
}
