import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { type Database, openDatabase, type Sql, sql } from '../../sql/database/database.ts';
import { cashOfDay } from '../../sql/finance/refunds.ts';
import { studioFigures } from '../../sql/metrics/studio.ts';
import { nextDays } from '../../sql/stats/daily-figures.ts';
import { writeDays } from '../../workers/cleanup/write-days.ts';
import { habitsBehind, loadAhead } from '../../workers/reports/load-ahead.ts';
import { type ReportName, reports } from '../../workers/reports/reports.ts';
import { cpuOf, median, ms, report, timed, times } from './measure.ts';
import { plansOf } from './plans.ts';
import { fillYears } from './reports-data.ts';

const ZONE = 'Europe/Moscow';
const STUDENTS = 10_000;
const MINUTES = 60_000;

/**
 * Reports of a year, by month, over five years of a studio: 10,000 students, a million registrations, 200,000 invoices; with `--scale` ten
 * times as many. Warm, against one sequential read of the rows a report is about, in the same run. `--plans` prints how they are read.
 */
export async function benchReports(url: string, isScaled: boolean) {
  const db = await openDatabase(url, { name: 'bench', limits: { statementMs: 60 * MINUTES } });
  const rows = await fillYears(db, isScaled ? STUDENTS * 10 : STUDENTS);
  report(
    'rows',
    Object.values(rows)
      .reduce((sum, count) => sum + count, 0)
      .toLocaleString('en'),
  );
  for (const [table, count] of Object.entries(rows)) report(`  ${table}`, count.toLocaleString('en'));
  const today = dayOf(new Date(), ZONE);
  report('the first night writes the figures of all days', ms(await timed(() => writeAll(db, today))));
  report('a night like any other', ms(await timed(() => writeAll(db, today))));
  await measureReports(db, today);
  await db.end();
}

/** Each report of a studio that is filled. */
export async function measureReports(db: Database, today: string) {
  const span = { from: addDays(today, -365), to: addDays(today, -1), by: 'month' as const, zone: ZONE };
  const cohorts = { ...span, from: addDays(today, -730), to: addDays(today, -366) };
  const asked = (name: ReportName) => (to: Sql) => reports[name].rows(to, name === 'retention' ? cohorts : span, today);
  const year = sql.fragment`between ${span.from}::date and ${span.to}::date`;
  const seats = sql.fragment`select count(seat.status) from real_training_students seat join real_trainings training on training.id = real_training_id
    where training_date ${year}`;
  const works: [name: string, work: (db: Sql) => Promise<unknown>, floor: ReturnType<typeof sql.fragment>[]][] = [
    [
      'revenue',
      asked('revenue'),
      [
        sql.fragment`select sum(delta) from session_entries where created_at::date ${year}`,
        sql.fragment`select sum(amount_minor) from invoices where created_at::date ${year}`,
        sql.fragment`select sum(amount_minor) from payments where created_at::date ${year}`,
        sql.fragment`select sum(amount_minor) from wallet_transactions where created_at::date ${year}`,
      ],
    ],
    ['attendance', asked('attendance'), [seats]],
    ['students', asked('students'), [seats, sql.fragment`select count(end_date) from student_subscriptions`]],
    ['retention', asked('retention'), [seats, seats, sql.fragment`select count(end_date) from student_subscriptions`]],
    [
      'load',
      asked('load'),
      [sql.fragment`select count(room_id) from real_trainings`, sql.fragment`select count(room_id) from bookings`],
    ],
    ['debtors', asked('debtors'), [sql.fragment`select sum(amount_minor) from invoices where status = 'UNPAID'`]],
    ['renewals', asked('renewals'), [sql.fragment`select count(*) from student_subscriptions where status = 'active'`]],
    ['trainers', asked('trainers'), [seats, sql.fragment`select count(room_id) from bookings`]],
    ['cash of a day', (to) => cashOfDay(to, addDays(today, -1), ZONE), [sql.fragment`select sum(amount_minor) from payments`]],
    [
      'load ahead',
      async (to) => [await loadAhead(to, { zone: ZONE, today }), await habitsBehind(to, { zone: ZONE, today })],
      [sql.fragment`select count(room_id) from bookings`],
    ],
    ['metrics', studioFigures, [sql.fragment`select sum(present) from daily_figures`]],
  ];
  for (const [name, work, floor] of works) {
    const [took, least] = [await warm(db, work), await warm(db, (to) => readAll(to, floor))];
    report(name, ms(took), `aim: under 1 s; ${ms(await cpuOf(db, () => work(db)))} of a processor`);
    report(`${name} / one sequential read of its rows`, times(took / least), ms(least));
  }
  if (process.argv.includes('--plans'))
    for (const [name, work] of works)
      for (const plan of await plansOf(db, work))
        console.log(`\n${name}, ${ms(plan.ms)}: ${plan.statement}\n  ${plan.nodes.join('\n  ')}`);
}

/** The nights that are due, in the handler's chunks. */
async function writeAll(db: Database, today: string) {
  for (let days = await nextDays(db, today, null, 50); days.length > 0; days = await nextDays(db, today, days.at(-1) ?? null, 50))
    await db.transaction((transaction) => writeDays(transaction, days, ZONE));
}

async function warm(db: Database, work: (db: Sql) => Promise<unknown>) {
  await work(db);
  const lasted: number[] = [];
  for (let n = 0; n < 3; n += 1) lasted.push(await timed(() => work(db)));
  return median(lasted);
}

/** Sequential reads, however good indexes are. */
const readAll = (db: Sql, floor: readonly ReturnType<typeof sql.fragment>[]) =>
  (db as Database).transaction(async (transaction) => {
    await transaction.query(
      sql.unsafe`select set_config(name, 'off', true) from unnest(array['enable_indexscan', 'enable_bitmapscan', 'enable_indexonlyscan']) as name`,
    );
    for (const statement of floor) await transaction.query(sql.unsafe`${statement}`);
  });
