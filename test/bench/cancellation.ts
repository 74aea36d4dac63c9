import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openBackend } from '../../queues/backend/backend.ts';
import { enqueueRun } from '../../queues/backend/enqueue.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { createKey, newSecret } from '../../sql/auth/api-keys.ts';
import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { findRun } from '../../sql/runs/find.ts';
import { isOver } from '../../sql/runs/rows.ts';
import { fillMoney } from './finance-data.ts';
import { ms, percentile, report, timed } from './measure.ts';

const REGISTRATIONS = 100_000;
const AT_ONCE = 4;

/** How long somebody waits for a cancellation, from request to outcome, while the night charges 100,000 registrations. */
export async function benchCancellation(url: string) {
  const db = await openDatabase(url, { max: 4, name: 'bench' });
  const day = addDays(dayOf(new Date(), 'Europe/Moscow'), 1);
  await fillMoney(db, REGISTRATIONS, day);
  const fleet = await startFleet(db, url);
  const backend = openBackend({ databaseUrl: url, name: 'bench' });
  const alone = await cancelWhile(fleet, 1, 1, (done) => done >= 200);
  const together = await cancelWhile(fleet, 5_001, AT_ONCE, (done) => done >= 400);
  const request = { process_type: 'finance', run_key: `finance:${addDays(day, 1)}`, process_date: day, params: { date: day } };
  const { run } = await enqueueRun(db, backend, request);
  let isRunning = true;
  const during = cancelWhile(fleet, 20_001, AT_ONCE, () => !isRunning);
  const ended = await overRun(db, run.id);
  isRunning = false;
  const waits = await during;
  await backend.close();
  await fleet.stop();
  await db.end();
  if (ended?.status !== 'success') throw new Error(`the run ended as ${ended?.status}`);
  report('cancellation with nothing else going on, p50', ms(percentile(alone, 0.5)), 'at most 30 ms');
  report('the same, p99', ms(percentile(alone, 0.99)));
  report(`${AT_ONCE} at once all the time, p50 and p99`, `${ms(percentile(together, 0.5))}, ${ms(percentile(together, 0.99))}`);
  report(`${waits.length} cancellations while 100,000 are charged, p50`, ms(percentile(waits, 0.5)));
  report('the same, p99', ms(percentile(waits, 0.99)), 'under 1 s');
  report('the same, longest', ms(Math.max(...waits)));
}

type Started = Awaited<ReturnType<typeof startFleet>>;

/** An API process and a finance worker process, as PM2 starts them. */
async function startFleet(db: Database, url: string) {
  const secret = newSecret();
  await createKey(db, { name: 'bench', secret, scopes: ['*'] });
  const port = await freePort();
  const env = { ...process.env, DATABASE_URL: url, PORT: String(port), LOG_LEVEL: 'error', RATE_LIMIT_PER_MINUTE: '1000000' };
  const children = ['api/server.ts', 'workers/finance/main.ts'].map((entry) =>
    spawn(process.execPath, [entry], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
  );
  await Promise.all(children.map((child) => once(child, 'message')));
  return {
    url: `http://127.0.0.1:${port}`,
    secret,
    db,
    async stop() {
      for (const child of children) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
    },
  };
}

/** Cancels participations, so many at a time, from a student on; returns the waits in milliseconds. */
async function cancelWhile(fleet: Started, firstStudent: number, atOnce: number, isEnough: (done: number) => boolean) {
  const seats = (await fleet.db.any(sql.unsafe`
    select real_training_id, student_id from real_training_students
    where student_id >= ${firstStudent} and student_id % 7 = 0 order by id limit 20000`)) as {
    real_training_id: number;
    student_id: number;
  }[];
  const waits: number[] = [];
  const client = async () => {
    while (!isEnough(waits.length)) {
      const seat = seats.pop();
      if (!seat) throw new Error('there is nobody left to cancel');
      waits.push(await timed(() => cancel(fleet, seat)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return waits;
}

async function cancel(fleet: Started, seat: { real_training_id: number; student_id: number }) {
  const path = `/real-trainings/${seat.real_training_id}/students/${seat.student_id}/cancel`;
  const response = await fetch(fleet.url + path, {
    method: 'POST',
    headers: { 'X-API-Key': fleet.secret, 'Content-Type': 'application/json' },
    body: JSON.stringify({ reason: 'bench' }),
  });
  if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}

async function overRun(db: Database, id: number) {
  for (;;) {
    const run = await findRun(db, id);
    if (run && isOver(run)) return run;
    await new Promise((next) => setTimeout(next, 50));
  }
}
