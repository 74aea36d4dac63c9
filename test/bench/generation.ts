import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { openBackend } from '../../queues/backend/backend.ts';
import { enqueueRun } from '../../queues/backend/enqueue.ts';
import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import { describeTrainings } from '../../sql/generation/trainings.ts';
import { findRun } from '../../sql/runs/find.ts';
import { isOver } from '../../sql/runs/rows.ts';
import { buildWeek } from '../generation/fixtures.ts';
import { beforehand } from '../support/weeks.ts';
import { fillStudio, generateRowByRow, insertBare, stageRows } from './generation-data.ts';
import { median, ms, report, timed, times } from './measure.ts';

const WEEK = { start: '2026-11-23', zone: 'Europe/Moscow', graceDays: 7 };
const TEMPLATES = 2_000;
const STUDENTS_EACH = 20;

/** 2,000 templates with 20 students each: against the bare inserts of the same rows, and against a loop over rows. */
export async function benchGeneration(url: string) {
  const db = await openDatabase(url, { max: 4, name: 'bench' });
  await fillStudio(db, TEMPLATES, STUDENTS_EACH);
  const floors: number[] = [];
  const ours: number[] = [];
  await build(db);
  await stageRows(db);
  for (let round = 0; round < 3; round += 1) {
    await clear(db);
    floors.push(await timed(() => insertBare(db, TEMPLATES, 200)));
    await clear(db);
    ours.push(await timed(() => build(db)));
  }
  const rows = await db.oneFirst(sql.unsafe`select count(*)::int from real_training_students`);
  await clear(db);
  const naive = await timed(() => generateRowByRow(db, WEEK.start));
  await clear(db);
  const memory = await workerMemory(url, db);
  await db.end();

  report(`bare inserts of ${TEMPLATES} trainings and ${rows} registrations`, ms(median(floors)));
  report('generation of the same', ms(median(ours)));
  report('a loop over rows, the same', ms(naive));
  report('generation / bare inserts', times(median(ours) / median(floors)), 'at most 2 x');
  report('loop over rows / generation', times(naive / median(ours)), 'at least 30 x');
  report('worker memory: before, most during the run', `${memory.before} -> ${memory.most} MB`, 'grows by less than 50 MB');
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
  const rss = () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${worker.pid}/status`, 'utf8'))?.[1]) / 1_024);
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
