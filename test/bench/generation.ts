import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { openBackend } from '../../queues/backend/backend.ts';
import { enqueueRun } from '../../queues/backend/enqueue.ts';
import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import { describeTrainings } from '../../sql/generation/trainings.ts';
import { findRun } from '../../sql/runs/find.ts';
import { isOver } from '../../sql/runs/rows.ts';
import { buildWeek } from '../generation/fixtures.ts';
import { beforehand } from '../support/weeks.ts';
import { fillStudio, generateRowByRow, insertBare, stageRows } from './generation-data.ts';
import { cpuOf, mb, median, mostResident, ms, report, residentKb, timed, times } from './measure.ts';

const WEEK = { start: '2026-11-23', zone: 'Europe/Moscow', graceDays: 7 };
const TEMPLATES = 2_000;
const STUDENTS_EACH = 20;

/** 2,000 templates with 20 students each: against the bare inserts of the same rows, and against a loop over rows. */
export async function benchGeneration(url: string, isScaled = false) {
  const db = await openDatabase(url, { max: 4, name: 'bench' });
  await (isScaled ? compareSizes(url, db) : compareWays(url, db));
  await db.end();
}

async function compareWays(url: string, db: Database) {
  const { floor, ours, rows, cpu } = await measure(db, TEMPLATES, 3);
  await withoutCalendar(db, true);
  const apart = await cpuOf(db, () => insertBare(db, TEMPLATES, 200));
  await withoutCalendar(db, false);
  await clear(db);
  const naive = await timed(() => generateRowByRow(db, WEEK.start));
  await clear(db);
  const memory = await workerMemory(url, db);

  report(`bare inserts of ${TEMPLATES} trainings and ${rows} registrations`, ms(floor));
  report('generation of the same', ms(ours));
  report('a loop over rows, the same', ms(naive));
  report('generation / bare inserts', times(ours / floor), 'at most 1.5 x');
  report("the same, the database's CPU", times(cpu.ours / cpu.floor), 'at most 1.5 x');
  report("bare inserts / without people's calendar, CPU", times(cpu.floor / apart), 'what refusing two places costs');
  report('loop over rows / generation', times(naive / ours), 'at least 30 x');
  report('worker memory: before, most during the run', `${memory.before} -> ${memory.most} MB`, 'grows by less than 50 MB');
}

/** Ten times as much; each figure is printed as soon as it is known. */
async function compareSizes(url: string, db: Database) {
  const measureOne = async (templates: number) => {
    const found = await measure(db, templates, 1);
    const { rows, floor, ours, cpu } = found;
    report(`generation with ${rows} places: bare inserts, ours`, `${ms(floor)}, ${ms(ours)}`);
    report('generation / bare inserts', times(ours / floor), 'at most 1.5 x');
    report("the same, the database's CPU", times(cpu.ours / cpu.floor), 'at most 1.5 x');
    return { ...found, most: mostResident() };
  };
  const small = await measureOne(TEMPLATES);
  const smallWorker = await workerMemory(url, db);
  const large = await measureOne(10 * TEMPLATES);
  report(`${large.rows} / ${small.rows} places`, times(large.ours / small.ours), 'at most 11 x');
  report("the same, the database's CPU", times(large.cpu.ours / small.cpu.ours), 'at most 11 x');
  report('the same, bare inserts', times(large.floor / small.floor), 'what the tables cost as they grow');
  report('most resident here', `${small.most} -> ${large.most} MB`, 'flat');
  const largeWorker = await workerMemory(url, db);
  report('most resident in the worker', `${smallWorker.most} -> ${largeWorker.most} MB`, 'flat');
}

async function measure(db: Database, templates: number, rounds: number) {
  await fillStudio(db, templates, STUDENTS_EACH);
  const floors: number[] = [];
  const ours: number[] = [];
  const cpu = { floor: [] as number[], ours: [] as number[] };
  if (rounds > 1) await build(db);
  for (let round = 0; round < rounds; round += 1) {
    await clear(db);
    cpu.ours.push(
      await cpuOf(db, async () => {
        ours.push(await timed(() => build(db)));
      }),
    );
    if (round === 0) await stageRows(db);
    await clear(db);
    cpu.floor.push(
      await cpuOf(db, async () => {
        floors.push(await timed(() => insertBare(db, templates, 200)));
      }),
    );
  }
  const rows = await db.oneFirst(sql.type(z.object({ n: z.int() }))`select count(*)::int as n from real_training_students`);
  await clear(db);
  return {
    rows,
    floor: median(floors),
    ours: median(ours),
    cpu: { floor: median(cpu.floor), ours: median(cpu.ours) },
  };
}

/** Switches off, or on again, the triggers that keep `occupancies`. */
async function withoutCalendar(db: Database, isOff: boolean) {
  const verb = isOff ? sql.fragment`disable` : sql.fragment`enable`;
  await db.query(sql.unsafe`alter table real_trainings ${verb} trigger trainings_occupy`);
  await db.query(sql.unsafe`alter table real_training_students ${verb} trigger registrations_occupy`);
}

async function build(db: Database) {
  const progress = await buildWeek(db, beforehand(WEEK));
  await describeTrainings(db, progress.created);
}

async function clear(db: Database) {
  await db.query(sql.unsafe`truncate real_trainings, real_training_students restart identity cascade`);
}

/** Resident megabytes of a real worker process before and during a run; a small run warms it up first. */
async function workerMemory(url: string, db: Database) {
  const worker = spawn(process.execPath, ['workers/generation/main.ts'], {
    env: { ...process.env, DATABASE_URL: url, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(worker, 'message');
  const backend = openBackend({ databaseUrl: url, name: 'bench' });
  const rss = () => mb(residentKb(worker.pid));
  const run = async (start: string, end: string, look: () => void) => {
    const request = { process_type: 'generation', run_key: `generation:${start}`, process_date: start, params: { start, end } };
    const asked = await enqueueRun(db, backend, request);
    for (;;) {
      look();
      const now = await findRun(db, asked.run.id);
      if (now && isOver(now)) return now.status;
      await new Promise((next) => setTimeout(next, 20));
    }
  };
  await db.query(sql.unsafe`update training_templates set is_active = id <= 100`);
  await run('2026-11-16', '2026-11-22', () => undefined);
  await db.query(sql.unsafe`update training_templates set is_active = true`);
  const before = rss();
  let most = before;
  const status = await run('2026-11-23', '2026-11-29', () => {
    most = Math.max(most, rss());
  });
  if (status !== 'success') throw new Error(`the run ended as ${status}`);
  await backend.close();
  const ended = once(worker, 'exit');
  worker.kill('SIGTERM');
  await ended;
  return { before, most };
}
